"""Measurements. A figure is printed only where the machine is quiet enough to mean something."""
