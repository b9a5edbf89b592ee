"""Models that a person installs by name: fetched, pinned, tried, and put in place at once or not at all.

hub       asks a hub what it states of a file, and reads its bytes
network   what a network does wrong, in one line each
download  one file, through cuts and stalls, to its whole length
disk      checksums of what lies there, and what the disk refuses
wanted    what a part must be: by the catalogue, its pin and the hub
lock      what is trusted (pins) and what is installed, in one file
folders   where all that lies; the one link that makes a version the installed one
manifest  the manifest of a vision-language model that came in parts
trial     the new one answers once, in a process of its own
engine    what that process does for ears and voices
pull      all of it in order
removal   whether it is still what was pulled, and away with it
listing   every model that there is
"""
