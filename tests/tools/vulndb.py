"""Writes the records of Go of an OSV archive as a database that govulncheck reads: vulndb.py ALL.ZIP FOLDER

The layout is https://go.dev/doc/security/vuln/database, version 1."""
import collections
import json
import os
import sys
import zipfile

source, target = sys.argv[1:3]
modules, vulnerabilities, last = collections.defaultdict(list), [], ""


def write(name, data):
    with open(os.path.join(target, name), "w", encoding="utf-8") as file:
        json.dump(data, file)


os.makedirs(target + "/ID", exist_ok=True)
os.makedirs(target + "/index", exist_ok=True)
archive = zipfile.ZipFile(source)
for member in archive.namelist():
    if not member.startswith("GO-"):
        continue
    record = json.loads(archive.read(member))
    if record.get("withdrawn"):
        continue
    write("ID/" + record["id"] + ".json", record)
    about = {"id": record["id"], "modified": record["modified"]}
    last = max(last, record["modified"])
    vulnerabilities.append({**about, "aliases": record.get("aliases", [])})
    for name in {affected["package"]["name"] for affected in record["affected"]}:
        modules[name].append(about)
write("index/modules.json", [{"path": name, "vulns": modules[name]} for name in sorted(modules)])
write("index/vulns.json", vulnerabilities)
write("index/db.json", {"modified": last})
