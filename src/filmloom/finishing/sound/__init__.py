"""What is heard: effects and ambience made from numbers, the user's own track, speech, the mix and its loudness."""
