# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests whose end two readers could see in two places are refused, and what follows them is not read."""
import pytest

BODY = b'{"sql": "select 1"}'
NEXT = b"GET /-/healthz.json HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("headers", [
    b"Host: x\r\nContent-Length: 19\r\nTransfer-Encoding: chunked", b"Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 19",
    b"Host: x\r\nContent-Length: 19\r\nContent-Length: 18", b"Host: x\r\nContent-Length: 19\r\nContent-Length: 19",
    b"Host: x\r\nContent-Length : 19", b"Host: x\r\nTransfer-Encoding: xchunked", b"Host: x\r\nTransfer-Encoding: identity",
    b"Host: x\r\nTransfer-Encoding: gzip, chunked", b"Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Host: x\r\nHost: y\r\nContent-Length: 19", b"Host: x\r\nContent-Length: 19\r\nBad Name: 1"])
def test_refused(shop, headers):
    with shop.wire() as w:
        w.send(b"POST /shop/-/query.json HTTP/1.1\r\n" + headers + b"\r\n\r\n" + BODY + NEXT)
        assert w.answer().status == 400
        assert w.ended()
    shop.alive()


@pytest.mark.parametrize("headers, version", [(b"Transfer-Encoding: chunked", b"HTTP/1.0")])
def test_chunks_in_http10_are_refused(shop, headers, version):
    with shop.wire() as w:
        w.send(b"POST /shop/-/query.json " + version + b"\r\n" + headers + b"\r\n\r\n13\r\n" + BODY + b"\r\n0\r\n\r\n")
        assert w.answer().status == 400


def test_chunks_are_taken(shop):
    with shop.wire() as w:
        w.send(b"POST /shop/-/query.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n" + BODY + b"\r\n0\r\n\r\n")
        assert w.answer().status == 200
        w.send(NEXT)
        assert w.answer().status == 200
