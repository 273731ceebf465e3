"""The members of zip and tar archives, read where they lie; nothing is unpacked to disk."""

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from tarfile import EOFHeaderError  # type: ignore[attr-defined]
from typing import BinaryIO

from pipeline.errors import IngestError
from pipeline.ingest.options import ReadOptions
from pipeline.ingest.unpack import BROKEN, guarded
from pipeline.ingest.walk import is_known, matches

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file inside an archive.

    Attributes:
        name: its path in the archive.
        source: ARCHIVE!/name, for articles and errors.
        stream: its bytes; valid until the next member is asked for.
    """

    name: str
    source: str
    stream: BinaryIO


def zip_members(
    stream: BinaryIO, *, source: str, options: ReadOptions, known: frozenset[str]
) -> Iterator[Member | IngestError]:
    """The members of a zip archive in the order of its directory; a bad one is an error.

    Args:
        stream: the archive, seekable.
        source: the archive's own.
        options: globs of members, and the bounds of growth.
        known: suffixes that can be read.

    Raises:
        IngestError: no zip archive, or one whose members overlap, as in bombs.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise IngestError(source, f"no readable zip ({error}); fetch the file again") from error
    size = stream.seek(0, 2)
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if sum(info.compress_size for info in infos) > size:
            raise IngestError(source, "its members overlap, as in a decompression bomb: refused")
        for info in infos:
            name = _zip_name(info)
            place = f"{source}!/{name}"
            if not _wanted(name, options, known):
                continue
            refusal = refused_name(name) or _refused_zip(info)
            if refusal:
                yield IngestError(place, refusal)
            else:
                yield from _zip_member(archive, info, name, place, options)


def tar_members(
    stream: BinaryIO, *, source: str, options: ReadOptions, known: frozenset[str]
) -> Iterator[Member | IngestError]:
    """The members of a tar stream, one pass, in constant memory; a bad one is an error.

    Args:
        stream: the archive, unpacked already where it was compressed.
        source: the archive's own.
        options: globs of members.
        known: suffixes that can be read.

    Raises:
        IngestError: no tar archive, or one that breaks off; the members before were yielded.
    """
    try:
        archive = _TarFile.open(fileobj=stream, mode="r|", tarinfo=_TarInfo, bufsize=_BLOCK)
        while (info := archive.next()) is not None:
            archive.members.clear()
            yield from _tar_member(archive, info, source, options, known)
    except tarfile.TarError as error:
        raise IngestError(source, f"no readable tar ({error}); fetch the file again") from error
    if not archive.ended_well:
        reason = "the archive breaks off or is damaged after its last readable member"
        raise IngestError(source, f"{reason}; fetch the file again")


def refused_name(name: str) -> str | None:
    """Why a member's path is refused, or None for a path that stays inside its archive."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    drive = len(name) > 1 and name[1] == ":"
    if ".." in parts or name.startswith(("/", "\\")) or drive:
        return "its path leads out of the archive: refused; pack the archive again"
    if "\x00" in name:
        return "its path holds a NUL character: refused; pack the archive again"
    return None


def _wanted(name: str, options: ReadOptions, known: frozenset[str]) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    if hidden or "__MACOSX" in parts or matches(name, options.ignore):
        return False
    return matches(name, options.include) if options.include else is_known(name, known)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's path; zips made on Japanese Windows hold cp932 without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for name in ("utf-8", "cp932"):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return info.filename


def _refused_zip(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & 0x1:
        return "encrypted; unpack it with its password first"
    return None


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, place: str, options: ReadOptions
) -> Iterator[Member | IngestError]:
    try:
        stream = archive.open(info)
    except BROKEN as error:
        yield IngestError(place, f"damaged or packed by an unknown method ({error}); pack it again")
        return
    with stream:
        size = info.compress_size
        content = guarded(stream, lambda: size, source=place, options=options)
        yield Member(name=name, source=place, stream=content)


def _tar_member(
    archive: tarfile.TarFile,
    info: tarfile.TarInfo,
    source: str,
    options: ReadOptions,
    known: frozenset[str],
) -> Iterator[Member | IngestError]:
    place = f"{source}!/{info.name}"
    if info.isdir() or not _wanted(info.name, options, known):
        return
    refusal = refused_name(info.name) or _refused_tar(info)
    if refusal:
        yield IngestError(place, refusal)
    elif info.isfile() and (stream := archive.extractfile(info)) is not None:
        size = info.size
        content = guarded(stream, lambda: size, source=place, options=options)
        yield Member(name=info.name, source=place, stream=content)


def _refused_tar(info: tarfile.TarInfo) -> str | None:
    if info.issparse():
        return "a sparse file, whose size may be false: refused; pack the archive without --sparse"
    if (info.issym() or info.islnk()) and refused_name(info.linkname):
        return "a link that leads out of the archive: refused"
    return None


class _TarInfo(tarfile.TarInfo):
    """Tells the archive that its end mark was there, which tarfile keeps to itself."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_TarInfo":
        try:
            return super().fromtarfile(archive)
        except EOFHeaderError:
            if isinstance(archive, _TarFile):
                archive.ended_well = True
            raise


class _TarFile(tarfile.TarFile):
    members: list[tarfile.TarInfo]
    ended_well = False
