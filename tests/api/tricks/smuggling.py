"""Request smuggling: requests that become two for a server that reads their length differently. Each contains `SECOND`, which
must never be answered.

The tricks come from the literature (RFC 9112, 11.2; the lists of `smuggler` and `http-garden`).
"""

from collections.abc import Iterator

SECOND = b"POST /v1/tasks?filename=smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
LINE = b"POST /v1/tasks?filename=front HTTP/1.1"
HOST = b"Host: localhost"
END = b"0\r\n\r\n"
IN_A_CHUNK = b"%x\r\n%s\r\n" % (len(SECOND), SECOND)

CODINGS = (  # none may be combined with a length
    b"Transfer-Encoding: chunked",
    b"tRANSFER-eNCODING: ChUnKeD",
    b"Transfer-Encoding:chunked",
    b"Transfer-Encoding:  chunked  ",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: \x0cchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding\t: chunked",
    b" Transfer-Encoding: chunked",
    b"\tTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding: chun\r\n ked",
    b"Transfer-Encoding\r\n: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\n\rTransfer-Encoding: chunked",
    b"X: y\r\n\rTransfer-Encoding: chunked",
    b"X: y\0\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r",
    b"Transfer-Encoding: \0chunked",
    b"Transfer-Encoding: chunked\0",
    b"Transfer-Encoding\0: chunked",
    b"Transfer-Encoding;: chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: cow",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunkedx",
    b"Transfer-Encoding: chunked chunked",
    b"Transfer-Encoding: chunked;q=0.5",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: ,chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunk\xc3\xa9d",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-encoding: chunked",
    b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    b"Connection: Content-Length\r\nTransfer-Encoding: chunked",
    b"Expect: 100-continue\r\nTransfer-Encoding: chunked",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked",
)
OTHER_HEADERS = (  # they resemble a length, but do not give one
    b"Transfer_Encoding: chunked",
    b"X-Transfer-Encoding: chunked",
    b"TE: chunked",
    b"Transfer.Encoding: chunked",
    b"Content-Transfer-Encoding: chunked",
    b"Content_Length: 1",
    b"X-Content-Length: 1",
    b"Connection: Content-Length",
)
LENGTHS = (  # `ALL` is the length of everything that follows
    b"Content-Length: 1\r\nContent-Length: ALL",
    b"Content-Length: ALL\r\nContent-Length: 1",
    b"Content-Length: 0\r\nContent-Length: ALL",
    b"Content-Length: ALL\r\nContent-Length: ALL",
    b"Content-Length: 1, ALL",
    b"Content-Length: ALL, 1",
    b"Content-Length: 1,1",
    b"Content-Length: 1 ALL",
    b"Content-Length: 1\tALL",
    b"Content-Length: 1\r\n ALL",
    b"Content-Length: +1",
    b"Content-Length: -1",
    b"Content-Length: 1;",
    b"Content-Length: 0x1",
    b"Content-Length: 1e0",
    b"Content-Length: 1.0",
    b"Content-Length: 1_0",
    b"Content-Length: 0b1",
    b'Content-Length: "1"',
    b"Content-Length: \x0b1",
    b"Content-Length: 1\0",
    b"Content-Length: \xd9\xa1",  # an Arabic 1
    b"Content-Length: \xef\xbc\x91",  # a full-width 1
    b"Content-Length: 18446744073709551617",  # 1 in 64-bit arithmetic
    b"Content-Length: 1" + b"0" * 400,
    b"Content-Length:",
    b"Content-Length : 1",
    b"Content-Length\0: 1",
    b" Content-Length: 1",
    b"Content-Length:\r\n 1",
    b"X: y\nContent-Length: 1",
    b"X: y\rContent-Length: 1",
    b"Content-Length: 1\r",
    b"Content-Length: ALL",
    b"Content-Length:  ALL  ",
    b"Content-Length: 000ALL",
)
CHUNKS = (  # none may be read as a complete body, because the second request would follow
    b"+3\r\nabc\r\n" + END,
    b"-3\r\nabc\r\n" + END,
    b"0x3\r\nabc\r\n" + END,
    b" 3\r\nabc\r\n" + END,
    b"\n3\r\nabc\r\n" + END,
    b"3\nabc\r\n" + END,
    b"3\rabc\r\n" + END,
    b"3\r\r\nabc\r\n" + END,
    b"3\x0b\r\nabc\r\n" + END,
    b"3\0\r\nabc\r\n" + END,
    b"3_\r\nabc\r\n" + END,
    b"g\r\nabc\r\n" + END,
    b"\r\nabc\r\n" + END,
    b"3;a\nabc\r\n" + END,
    b"3;a\rb\r\nabc\r\n" + END,
    b"3;a\0\r\nabc\r\n" + END,
    b'3;a="\n"\r\nabc\r\n' + END,
    b"3;a=b\n\nabc\r\n" + END,
    b"10000000000000003\r\nabc\r\n" + END,
    b"ffffffffffffffff3\r\nabc\r\n" + END,
    b"3\r\nabc" + END,
    b"3\r\nabc\n" + END,
    b"3\r\nabc\r" + END,
    b"3\r\nabcXX" + END,
    b"3\r\nab\r\n" + END,
    b"3\r\nabcd\r\n" + END,
    b"3\r\nabc\r\n0\n\n",
    b"3\r\nabc\r\n0\r\n\n",
    b"3\r\nabc\r\n0\n\r\n",
    b"3\r\nabc\r\n0\r\r\n\r\n",
    b"3\r\nabc\r\n0x0\r\n\r\n",
    b"3\r\nabc\r\n-0\r\n\r\n",
    b"3\r\nabc\r\n0\r\n X: y\r\n\r\n",
    b"3\r\nabc\r\n0\r\nX : y\r\n\r\n",
    b"3\r\nabc\r\n0\r\nX: y\n\r\n",
    b"3\r\nabc\r\n0\r\n",  # the second request is a trailer
    b"3;" + b"a" * 300_000 + b"\r\nabc\r\n" + END,
)
WHOLE = (  # strange but valid: the second request is inside the chunk
    b"0000" + IN_A_CHUNK + END,
    IN_A_CHUNK + b"0000\r\n\r\n",
    IN_A_CHUNK.replace(b"\r\n", b";a=b\r\n", 1) + END,
    IN_A_CHUNK.replace(b"\r\n", b';a="0;1"\r\n', 1) + END,
    IN_A_CHUNK.replace(b"\r\n", b";" + b"a" * 20_000 + b"\r\n", 1) + END,
    IN_A_CHUNK + b"0\r\nContent-Length: 1\r\n\r\n",
    IN_A_CHUNK + b"0\r\nTransfer-Encoding: identity\r\nHost: other.example\r\n\r\n",
)
FIRST_LINES = (
    LINE + b"\n" + HOST,
    LINE + b" \r\n" + HOST,
    LINE + b"\r\r\n" + HOST,
    LINE + b"\0\r\n" + HOST,
    LINE + b" HTTP/1.1\r\n" + HOST,
    LINE.replace(b"1.1", b"2.0") + b"\r\n" + HOST,
    LINE.replace(b"1.1", b"1.2") + b"\r\n" + HOST,
    LINE.replace(b"1.1", b"0.9") + b"\r\n" + HOST,
    LINE.replace(b"HTTP", b"http") + b"\r\n" + HOST,
    LINE.replace(b"POST", b"post") + b"\r\n" + HOST,
    LINE.replace(b"POST ", b"POST\t") + b"\r\n" + HOST,
    LINE.replace(b"front", b"fr\ront") + b"\r\n" + HOST,
    LINE.replace(b"front", b"fr ont") + b"\r\n" + HOST,
    LINE.replace(b"front", b"front\r\nX: y") + b"\r\n" + HOST,
    b" " + LINE + b"\r\n" + HOST,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + LINE + b"\r\n" + HOST,
    LINE + b"\r\n" + HOST + b"\r\n" + HOST,
    LINE + b"\r\n" + HOST + b"\r\nHost: other.example",
    LINE + b"\r\nHost : localhost",
    LINE + b"\r\n Host: localhost",
    LINE + b"\r\nHost: localhost\n" + b"Host: other.example",
)


def tricks() -> Iterator[bytes]:
    for coding in CODINGS:
        for body, length in ((END + SECOND, len(END + SECOND)), (IN_A_CHUNK + END, IN_A_CHUNK.index(b"\r\n") + 2)):
            yield request(b"Content-Length: %d" % length, coding, body=body)
            yield request(coding, b"Content-Length: %d" % length, body=body)
    for header in OTHER_HEADERS:
        yield request(header, b"Content-Length: %d" % len(END + SECOND), body=END + SECOND)
    for length_said in LENGTHS:
        body = b"x" + SECOND
        yield request(length_said.replace(b"ALL", b"%d" % len(body)), body=body)
    for chunks in CHUNKS:
        yield request(b"Transfer-Encoding: chunked", body=chunks + SECOND)
    for chunks in WHOLE:
        yield request(b"Transfer-Encoding: chunked", body=chunks)
    for first in FIRST_LINES:
        yield b"\r\n".join([first, b"Content-Length: %d" % len(SECOND), b"", SECOND])


def request(*headers: bytes, body: bytes) -> bytes:
    return b"\r\n".join([LINE, HOST, *headers, b"", body])
