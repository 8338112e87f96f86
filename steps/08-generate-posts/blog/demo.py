"""Generates demo posts that look as if people wrote them."""

from random import Random

OPENINGS = [
    "Today, at last, I",
    "Small joy of the day: I",
    "Before anyone else was up, I",
    "Nobody told me that I",
    "After three cups of tea I",
    "Confession: I",
    "On the train this morning I",
    "While the bread was rising, I",
]
DEEDS = [
    "learned what a database index is for",
    "fixed a bug by deleting forty lines",
    "saw two herons by the canal",
    "taught my grandmother to use keyboard shortcuts",
    "wrote the test first, and it failed for the right reason",
    "found a handwritten note in a library book",
    "repaired the old radio, and it plays",
    "read a whole traceback from the bottom up",
    "planted tomatoes on the balcony",
    "cycled around the lake before breakfast",
]
CLOSINGS = [
    "It took longer than I care to admit.",
    "Would do it again.",
    "Who else?",
    "Das hätte ich früher wissen müssen.",
    "More tomorrow, with pictures.",
    "The cat was not impressed.",
    "Ask me anything.",
    "🎉",
]
TAGS = ["#django", "#smallthings", "#til", "#garden", "#python", "#weekend"]


def make_text(random: Random) -> str:
    """Return the text of a post: one sentence or several."""
    parts = [f"{random.choice(OPENINGS)} {random.choice(DEEDS)}."]
    parts += random.sample(CLOSINGS, k=random.choice([0, 1, 1, 2]))
    parts += random.sample(TAGS, k=random.choice([0, 0, 1, 2]))
    return " ".join(parts)
