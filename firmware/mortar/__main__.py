"""`python -m mortar` is the same as `mortar`."""

import sys

from mortar.commands import main

sys.exit(main())
