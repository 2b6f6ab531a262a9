# list_jars.py FILE…: what the central directories of Java archives lead to, at any depth. A line each, tab-separated:
#   archive PATH                              each archive, in it or itself
#   pom PATH GROUP:ARTIFACT VERSION           each pom.properties
import io
import posixpath
import sys
import zipfile

# A jar of Karaf has an extra field that is text: Java passes over it, Python's zipfile fails.
zipfile.ZipInfo._decodeExtra = lambda *_: None

ENDINGS = (".jar", ".war", ".ear", ".par", ".hpi", ".jpi", ".kar")


def walk(path, file):
    print("archive", path, sep="\t")
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(ENDINGS):
                walk(path + "!/" + name, io.BytesIO(archive.read(name)))
            elif "META-INF/maven/" in name and posixpath.basename(name) == "pom.properties":
                lines = archive.read(name).decode().splitlines()
                pom = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
                print("pom", path, pom["groupId"].strip() + ":" + pom["artifactId"].strip(), pom["version"].strip(), sep="\t")


for argument in sys.argv[1:]:
    walk(argument, argument)
