"""URLs of articles, the same however they are reached: without tracking, fragment and case."""

from urllib.parse import quote, unquote_plus, urljoin, urlsplit, urlunsplit

# Parameters that tell whence a reader comes and never what is read.
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_", "at_", "wt.", "_hs", "matomo_", "piwik_")
_TRACKING = frozenset(
    {
        "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid",
        "ttclid", "igshid", "igsh", "li_fat_id", "mc_cid", "mc_eid", "oly_anon_id", "oly_enc_id",
        "vero_id", "wickedid", "ncid", "cmpid", "ocid", "sr_share", "__twitter_impression",
        "_ga", "_gl", "s_cid", "n_cid", "ref_src", "ref_url", "xtor", "guccounter",
        "guce_referrer", "guce_referrer_sig", "rss",
    }
)  # fmt: skip
_PORTS = {"http": ":80", "https": ":443"}


def clean_url(url: str, *, base: str = "") -> str | None:
    """A URL to store and compare: absolute, without tracking parameters and fragment.

    Args:
        url: as a feed or page gives it, perhaps relative.
        base: what it is relative to.

    Returns:
        None where it is no http(s) URL.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        host = (parts.hostname or "").lower()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    kept = [pair for pair in parts.query.split("&") if pair and not _tracks(pair)]
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote("&".join(kept), safe="/%:@!$&'()*+,;=~-._?")
    return urlunsplit((scheme, host + port.removesuffix(_PORTS[scheme]), path, query, ""))


def _tracks(pair: str) -> bool:
    name = unquote_plus(pair.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
