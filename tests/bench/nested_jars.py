# nested_jars.py FILE: a jar with a hundred jars of 300 classes each, written as Java's own tools do: as a stream, the
# classes deflated with descriptors behind them, the jars stored.
import glob
import io
import sys
import zipfile


class Stream(io.RawIOBase):
    """Cannot seek, so that zipfile writes descriptors."""

    def __init__(self):
        self.parts = []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)


code = b"".join(open(name, "rb").read() for name in sorted(glob.glob("/usr/lib/*-linux-gnu/libc.so.6") +
                                                            glob.glob("/usr/lib/*-linux-gnu/libcrypto.so.3")))


def inner(number):
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Title: part-%d\r\n" % number)
        for i in range(300):
            at = (number * 7919 + i) * 3571 % (len(code) - 8192)
            jar.writestr("org/example/part%d/Class%d.class" % (number, i), code[at:at + 2000 + i * 20])
        jar.writestr("META-INF/maven/org.example/part-%d/pom.properties" % number,
                     "groupId=org.example\nartifactId=part-%d\nversion=1.%d\n" % (number, number))
    return b"".join(stream.parts)


with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_STORED) as fat:
    for number in range(100):
        fat.writestr("BOOT-INF/lib/part-%d-1.%d.jar" % (number, number), inner(number))
