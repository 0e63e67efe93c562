"""Pictures: a file is what its name says, all of it is there, and nothing of place or camera is published."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from courses.artefact import Store
from courses.build import build
from courses.media import Picture, measure
from courses.problems import Problem

from .books import BASE, edit, lay


def photo(kind: str, turned: int = 1, size: tuple[int, int] = (64, 32)) -> bytes:
    """A picture, red at its left and blue elsewhere, as a camera writes it: with its place, its day and its device."""
    picture = Image.new("RGB", size, "blue")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2 - 1, size[1] - 1), fill="red")
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (44.0, 48.0, 30.0), 3: "E", 4: (20.0, 27.0, 40.0)})
    more = {}
    if kind == "PNG":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_text("Author", "SecretPerson")
    if kind == "JPEG":
        more["comment"] = b"SecretPerson"
    if kind == "WEBP":
        more["xmp"] = b"<x:xmpmeta>SecretPlace</x:xmpmeta>"
        more["lossless"] = True
    buffer = BytesIO()
    picture.save(buffer, kind, exif=exif, **more)
    return buffer.getvalue() + (b"SecretTrailer" if kind != "WEBP" else b"")


KINDS = [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")]


@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize("turned", range(1, 9))
def test_what_is_published_tells_of_no_place_and_stands_upright(kind: str, name: str, turned: int) -> None:
    data = photo(kind, turned)
    assert b"Secret" in data
    found = measure(name, data)
    assert isinstance(found, Picture)
    assert b"Secret" not in found.data
    with Image.open(BytesIO(found.data)) as picture, Image.open(BytesIO(data)) as before:
        exif = dict(picture.getexif())
        assert exif == ({} if turned == 1 else {0x0112: turned})
        assert picture.tobytes() == before.tobytes(), "no dot of it changed"
    assert (found.medium.width, found.medium.height) == ((64, 32) if turned < 5 else (32, 64))
    again = measure(name, found.data)
    assert isinstance(again, Picture)
    assert again == found, "what is published is published as it is"


@pytest.mark.parametrize("options", [{"progressive": True}, {"optimize": True}, {"icc_profile": b"profile" * 50}])
def test_all_of_a_jpeg_but_what_tells_is_kept(options: dict[str, object]) -> None:
    buffer = BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(buffer, "JPEG", **options)
    found = measure("a.jpeg", buffer.getvalue())
    assert isinstance(found, Picture)
    assert found.data == buffer.getvalue()


def _saved(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = BytesIO()
    Image.effect_noise(size, 90).save(buffer, kind)
    return buffer.getvalue()


def _huge() -> bytes:
    buffer = BytesIO()
    Image.new("1", (12_000, 12_000)).save(buffer, "PNG")
    return buffer.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


@pytest.mark.parametrize(
    ("name", "data", "code", "said"),
    [
        ("a.png", b"", "media-unreadable", "The file is empty."),
        ("a.png", b"\0" * 900, "media-unreadable", "The file is empty."),
        ("a.png", POINTER, "media-pointer", "git-lfs"),
        ("a.svg", POINTER, "media-pointer", "git-lfs"),
        ("a.pdf", POINTER, "media-pointer", "git-lfs"),
        ("a.jpg", b"../.git/annex/objects/x/y", "media-pointer", "git-annex"),
        ("a.jpg", struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + b"x" * 99, "media-kind", "HEIC"),
        ("a.jpg", _saved("PNG"), "media-kind", "the file is PNG"),
        ("a.png", _saved("JPEG"), "media-kind", "the file is JPEG"),
        ("a.webp", _saved("GIF"), "media-kind", "the file is GIF"),
        ("a.svg", _saved("PNG"), "media-kind", "the file is PNG"),
        ("a.png", b"<!DOCTYPE html><html>Sign in</html>", "media-kind", "a page of the web"),
        ("a.png", b"no picture at all", "media-unreadable", "no such file"),
        ("a.pdf", b"PK\x03\x04rest", "media-kind", "an archive or an office document"),
        ("a.pdf", b"%PDF-1.7\nhalf of it", "media-unreadable", "ends too early"),
        ("a.png", _huge(), "media-pixels", "12,000 × 12,000"),
        ("a.mp4", b"", "media-kind", "`.mp4`"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told(name: str, data: bytes, code: str, said: str) -> None:
    found = measure(name, data)
    assert isinstance(found, Problem)
    assert found.code == code
    assert said in found.message
    assert found.hint


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_picture_that_was_cut_off_is_told(kind: str, share: float) -> None:
    data = _saved(kind, (200, 200))
    found = measure(f"a.{kind.lower()}", data[: max(13, int(len(data) * share))])
    assert isinstance(found, Problem)
    assert found.code == "media-unreadable"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_picture_has_its_size(kind: str) -> None:
    data = _saved(kind)
    found = measure(f"a.{kind.lower()}", data)
    assert isinstance(found, Picture)
    assert found.medium[1:] == (40, 30)
    assert found.data == data


def test_a_film_and_a_recording_are_told_what_to_do_with() -> None:
    film, sound = measure("a.mov", b"x"), measure("a.mp3", b"x")
    assert isinstance(film, Problem)
    assert "link to it" in film.hint
    assert isinstance(sound, Problem)
    assert "link to it" in sound.hint


def test_the_store_holds_the_photo_without_its_place(tmp_path: Path) -> None:
    content = lay(BASE.name, tmp_path / "content")
    (content / "paths/media/train.jpg").write_bytes(photo("JPEG", 6))
    edit(content / "paths/lessons/first.md", "media/route.svg", "media/train.jpg")
    (content / "paths/media/route.svg").unlink()
    store = Store(tmp_path / "artefacts")
    (course,) = build(content, store).courses
    assert course.revision
    (name,) = store.course("paths", course.revision).media
    assert b"Secret" not in store.media(name).read_bytes()
    assert 'width="32" height="64"' in str(store.lesson(store.course("paths", course.revision), "first"))
