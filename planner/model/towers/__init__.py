"""Encoders of images, video and sound that stand before a text model."""
