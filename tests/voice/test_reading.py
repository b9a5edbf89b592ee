"""What is read aloud: numbers and signs as words, nothing that was meant for the eye."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mortar.bricks.reading.aloud import read_aloud
from mortar.bricks.reading.tables import table


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # times
        ("It is 12:05.", "It is twelve oh five."),
        ("at 10:00", "at ten o'clock"),
        ("at 7:45 pm", "at seven forty-five pm"),
        ("at 10:00 a.m. today", "at ten AM today"),
        ("at 9am", "at nine am"),
        ("Back at 5 p.m.", "Back at five PM."),
        ("14:00", "fourteen hundred hours"),
        ("00:00", "midnight"),
        ("0:30", "zero thirty"),
        ("12:05:30", "twelve hours, five minutes and thirty seconds"),
        # dates
        ("2026-11-21", "November twenty-first, twenty twenty-six"),
        ("on Nov. 3, 1999.", "on November third, nineteen ninety-nine."),
        ("21 November 2005", "twenty-first November two thousand five"),
        ("March 3rd", "March third"),
        ("in 1999, and since 2026", "in nineteen ninety-nine, and since twenty twenty-six"),
        ("in the 1990s", "in the nineteen nineties"),
        ("in 1500 m", "in one thousand five hundred metres"),
        # numbers
        ("1,000", "one thousand"),
        ("1,234.50", "one thousand two hundred thirty-four point five zero"),
        ("0.05", "zero point zero five"),
        ("-5", "minus five"),
        ("the 21st and the 100th", "the twenty-first and the one hundredth"),
        ("agent 007", "agent zero zero seven"),
        ("1, 2, 3.", "one, two, three."),
        ("10^15 or 1000000000000000000000", "ten to the power of fifteen or one" + " zero" * 21),
        # fractions
        ("1/2 a cup", "one half a cup"),
        ("3/4", "three quarters"),
        ("2 1/2 and 2½", "two and one half and two and a half"),
        ("½", "one half"),
        ("16/9", "sixteen over nine"),
        ("24/7", "twenty-four seven"),
        # units
        ("3.5 V", "three point five volts"),
        ("21 °C", "twenty-one degrees Celsius"),
        ("1°", "one degree"),
        ("50 % or 50%.", "fifty percent or fifty percent."),
        ("1 kg, 2 kg", "one kilogram, two kilograms"),
        ("80 km/h", "eighty kilometres per hour"),
        ("3000 mAh", "three thousand milliamp hours"),
        ("a 5-V rail", "a five volts rail"),
        ("5-10 km", "five to ten kilometres"),
        ("3–5 min", "three to five minutes"),
        ("20 cm × 30 cm", "twenty centimetres by thirty centimetres"),
        ("3x4", "three by four"),
        ("±3 dB", "plus or minus three decibels"),
        # money
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("$5.50", "five dollars and fifty cents"),
        ("£3.00", "three pounds"),
        ("€3.5 million", "three point five million euros"),
        # abbreviations and signs
        ("Dr. Smith, e.g. this, i.e. that", "Doctor Smith, for example this, that is that"),
        ("cats, dogs, etc.", "cats, dogs, and so on."),
        ("A & B = C", "A and B equals C"),
        ("~5, #1, No. 2", "about five, number one, number two"),
        ("2*3", "two times three"),
        ("and/or", "and or"),
        ("x -> y → z", "x to y to z"),
        # names stay names
        ("A4, Q4_0, MP3, v1.2.3, 192.168.0.1, km", "A4, Q4_0, MP3, v1.2.3, 192.168.0.1, km"),
    ],
)
def test_english_is_read_as_people_say_it(written: str, read: str) -> None:
    assert read_aloud(written, "en-us") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**Two** *cats* and `code`", "Two cats and code"),
        ("This is __very__ _nice_, snake_case too", "This is very nice, snake_case too"),
        ("half a **bold", "half a bold"),
        ("# A heading", "A heading"),
        ("- apples", "apples"),
        ("* pears\n+ plums", "pears plums"),
        ("2. pears", "two, pears"),
        ("> quoted", "quoted"),
        ("See [the page](https://x.y/z?q=1).", "See the page."),
        ("See https://x.y/z_(a).html, or www.x.org.", "See the link, or the link."),
        ("```python", ""),
        ("| a | b |", "a, b"),
        ("A <b>cat</b>.", "A cat."),
        ("A cat 🐱👍🏽 ❤️!", "A cat!"),
        ("one\\_two \\* three", "one_two * three"),
    ],
)
def test_what_is_for_the_eye_is_not_read(written: str, read: str) -> None:
    """Markdown, addresses, tags and emoji; also where a sentence was cut inside them."""
    assert read_aloud(written, "en-us") == read


WORDS = st.lists(st.from_regex(r"[A-Za-z]{1,8}('[a-z])?[,;.!?]?", fullmatch=True), min_size=1)


@settings(deadline=None)  # the first example loads the table
@given(WORDS)
def test_plain_words_stay_as_they_are(words: list[str]) -> None:
    """Reading changes what is written in signs, and nothing else; abbreviations are signs."""
    english = table("en")
    assert english is not None
    short = {*english["titles"], *english["abbreviations"]}
    plain = " ".join(word for word in words if word not in short)
    assert read_aloud(plain, "en-gb") == plain


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)
    | st.text("0123456789,.:/-–$%°× kgmsVh½*_`|[]()#\n", max_size=40)
)
def test_any_text_is_read_on_one_line(text: str) -> None:
    """Nothing crashes, nothing is left of line ends, and no language table is needed."""
    for language in ("en-us", "de", "xx", "../../etc/passwd", ""):
        read = read_aloud(text, language)
        assert read == " ".join(read.split())


@settings(deadline=None)
@given(st.integers(0, 10**14))
def test_a_number_is_read_without_digits(number: int) -> None:
    for text in (str(number), f"{number:,}", f"{number / 100:.2f}", f"-{number} kg"):
        read = read_aloud(f"It is {text}.", "en-us")
        assert not any(character.isdigit() for character in read)


def test_a_language_without_a_table_is_left_to_its_engine() -> None:
    """Markup goes, numbers stay: espeak-ng and Piper read them by rules of their own."""
    assert read_aloud("**Het is** 12:05, zie https://x.y/z.", "nl") == "Het is 12:05, zie."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Es ist 12:05 Uhr.", "Es ist zwölf Uhr fünf."),
        ("Um 1:00 Uhr, um 13:30.", "Um ein Uhr, um dreizehn Uhr dreißig."),
        ("am 21.11.2026", "am einundzwanzigsten November zweitausendsechsundzwanzig"),
        ("der 3. Oktober 1990", "der dritte Oktober neunzehnhundertneunzig"),
        ("1 kg, 5 kg und 1,5 l", "ein Kilogramm, fünf Kilogramm und eins Komma fünf Liter"),
        ("-3,5 °C", "minus drei Komma fünf Grad"),
        ("1 min, 20 min, 1 h", "eine Minute, zwanzig Minuten, eine Stunde"),
        ("1.234 Leute, 20 %", "eintausendzweihundertvierunddreißig Leute, zwanzig Prozent"),
        ("12,50 € oder 3 €", "zwölf Euro fünfzig oder drei Euro"),
        ("z. B. 3-5 m usw.", "zum Beispiel drei bis fünf Meter und so weiter."),
        ("1 + 1 = 2", "eins plus eins gleich zwei"),
        ("Die Nummer ist 0123.", "Die Nummer ist null eins zwei drei."),
    ],
)
def test_german_is_read_as_people_say_it(written: str, read: str) -> None:
    assert read_aloud(written, "de") == read
