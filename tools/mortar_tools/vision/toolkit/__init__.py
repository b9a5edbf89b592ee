"""rknn-toolkit2: its environment, and what is built with it."""

from mortar_tools.vision.toolkit.build import Built, Session, ToolkitConfig, build

__all__ = ["Built", "Session", "ToolkitConfig", "build"]
