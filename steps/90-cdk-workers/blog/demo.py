"""Generates demo posts that look as if people wrote them, and draws pictures for them."""

from math import sin
from random import Random

from PIL import Image, ImageDraw

from blog.images import CleanImage

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


def draw_image(random: Random) -> CleanImage:
    """Draw a landscape: a sky, a sun, and hills that get darker as they get nearer."""
    width, height = 960, 600
    hue = random.randrange(360)
    image = Image.new("RGB", (width, height), f"hsl({hue}, 60%, 85%)")
    draw = ImageDraw.Draw(image)
    x, y, radius = random.randrange(width), random.randrange(60, 250), random.randrange(30, 80)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), f"hsl({hue + 40}, 90%, 92%)")
    for hill in range(1, 5):
        start, wave = random.random() * 6, random.uniform(90, 200)
        ridge = [(x, height * hill / 6 + 150 + 40 * sin(start + x / wave)) for x in range(width)]
        colour = f"hsl({hue + 15 * hill}, 45%, {75 - 14 * hill}%)"
        draw.polygon([*ridge, (width, height), (0, height)], colour)
    return CleanImage.from_pillow(image)
