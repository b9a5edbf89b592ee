"""The gallery in docs/: pictures, questions, right answers, and what the bundled model said."""
