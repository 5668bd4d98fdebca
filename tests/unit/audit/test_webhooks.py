"""Which addresses a webhook may have, and when it is tried again."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address

import pytest

from audit.rules.webhooks import (
    GAPS,
    MOST_TRIES,
    BadAddress,
    Target,
    gap_after,
    is_public,
    target_of,
)

HOSTILE_URLS = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "https://",
    "https:///path",
    "https://localhost/",
    "https://localhost./",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:x/",
    "https://user@hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://127.0.0.1\\@hooks.example.com/",
    "https://hooks.example.com\\.evil.com/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: evil.com",
    "https://hooks.example.com/\x00",
    "https://hooks_example.com/",
    "https://-hooks.example.com/",
    "https://hooks..example.com/",
    "https://.example.com/",
    "https://hooks.example.123/",
    "https://höoks.example.com/",
    f"https://{'a' * 64}.example.com/",
    f"https://hooks.example.com/{'a' * 500}",
]
NEVER_CALLED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_f41_no_address_but_https_to_a_full_name(url: str):
    with pytest.raises(BadAddress):
        target_of(url)


@pytest.mark.parametrize("address", NEVER_CALLED)
def test_f41_addresses_that_are_never_called(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00::1"])
def test_addresses_of_the_internet_are_called(address: str):
    assert is_public(ip_address(address))


def test_an_address_is_read_in_its_parts():
    assert target_of("https://Hooks.Example.com/in?from=billing") == Target(
        "https", "hooks.example.com", 443, "/in?from=billing"
    )
    assert target_of("https://hooks.example.com:443") == Target(
        "https", "hooks.example.com", 443, "/"
    )


def test_development_may_call_itself():
    here = Target("http", "127.0.0.1", 8000, "/")
    assert target_of("http://127.0.0.1:8000/", local=True) == here
    with pytest.raises(BadAddress):
        target_of("http://user@127.0.0.1:8000/", local=True)
    with pytest.raises(BadAddress):
        target_of("ftp://127.0.0.1/", local=True)


def test_gaps_grow_and_the_same_try_always_has_the_same_gap():
    assert list(GAPS) == sorted(set(GAPS))
    gaps = [gap_after(attempts) for attempts in range(1, MOST_TRIES + 1)]
    assert gaps == [*GAPS, GAPS[-1]]
    assert sum(gaps[:-1], timedelta()) == timedelta(hours=46, minutes=20)
