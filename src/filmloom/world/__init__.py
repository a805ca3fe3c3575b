"""The film set: Scenes in; frames, exact labels and captions out. NumPy places things, torch paints them."""
