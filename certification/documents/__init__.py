"""The certificate as a document: what stands on it, how it looks, and the PDF."""

from certification.documents.drawing import UnableToDraw, draw
from certification.documents.paper import Exercise, Paper, day_text

__all__ = ["Exercise", "Paper", "UnableToDraw", "day_text", "draw"]
