"""rival_feeds.py OUT ZIP…: lays OSV records out as the builders of Grype's and Trivy's databases expect their feeds.

Each ZIP is an ecosystem's all.zip. OUT/grype gets one workspace a provider, as vunnel leaves it; OUT/trivy gets the
checkouts that trivy-db reads. What is stated in a record is handed to both, so that all hold the same facts:

  Debian              Grype: a record a release and CVE. Trivy: the tracker's list of CVEs, DSAs and DLAs
  Alpine              Grype: a record a release and CVE. Trivy: a file a package, as in Alpine's own secdb
  Go, Bitnami         both read OSV's form; Trivy takes the standard library and golang.org/x from Go's database and
                      every other module from GitHub's, so that Go's records lie in both of its folders
  other languages     Grype: GitHub's advisories, an entry an interval of versions. Trivy: GitHub's, which are OSV
"""

import json
import os
import sys
import zipfile

SCHEMA = "https://example.org/vunnel/schema/%s/schema-1.0.0.json"  # only this kind and the version are read
GITHUB = {"npm": "npm", "PyPI": "pip", "RubyGems": "rubygems", "Packagist": "composer", "Maven": "maven",
          "NuGet": "nuget", "crates.io": "rust", "Hex": "erlang", "Pub": "pub"}
RELEASES = {"7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm",
            "13": "trixie", "14": "forky"}
URGENCIES = {"unimportant": "Negligible", "low": "Low", "medium": "Medium", "high": "High"}
AT_ONCE = 500  # records in one file of a workspace


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def workspace(out, provider, kind, items):
    """A provider's results. Grype's builder reads their list, but not its digests."""
    folder = f"{out}/grype/{provider}"
    names = []
    for first in range(0, len(items), AT_ONCE):
        name = f"results/{first}.json"
        write(f"{folder}/{name}", {"schema": SCHEMA % kind, "identifier": name, "item": items[first:first + AT_ONCE]})
        names.append(name)
    with open(f"{folder}/results/listing.xxh64", "w", encoding="utf-8") as file:
        file.writelines(f"0  {name}\n" for name in names)
    write(f"{folder}/metadata.json", {
        "provider": provider, "version": 1, "distribution_version": 1, "schema": {"version": "1.0.0", "url": ""},
        "timestamp": "2026-01-01T00:00:00Z", "store": "flat-file", "stale": False, "urls": [],
        "listing": {"path": "results/listing.xxh64", "digest": "0", "algorithm": "xxh64"}})


def intervals(affected):
    """The intervals of versions of an entry: (introduced, fixed, last affected), each of which may be None."""
    for versions in affected.get("ranges") or []:
        if versions["type"] == "GIT":
            continue
        introduced = None
        for event in versions["events"]:
            if "introduced" in event:
                if introduced is not None:
                    yield introduced, None, None
                introduced = event["introduced"]
            elif "fixed" in event or "last_affected" in event:
                yield introduced, event.get("fixed"), event.get("last_affected")
                introduced = None
        if introduced is not None:
            yield introduced, None, None


def constraint(introduced, fixed, last):
    parts = [f">= {introduced or '0'}"]
    if fixed:
        parts.append(f"< {fixed}")
    if last:
        parts.append(f"<= {last}")
    return ", ".join(parts)


def advisory(record, ecosystem):
    """A record in the form of GitHub's advisories."""
    fixes = []
    for affected in record.get("affected") or []:
        if affected["package"]["ecosystem"] != ecosystem:
            continue
        ranges = [(constraint(*interval), interval[1]) for interval in intervals(affected)]
        if not ranges:
            ranges = [(f"= {version}", None) for version in affected.get("versions") or []]
        fixes += [{"ecosystem": GITHUB[ecosystem], "name": affected["package"]["name"], "range": text,
                   "identifier": fixed or "", "namespace": "github:" + GITHUB[ecosystem]} for text, fixed in ranges]
    vectors = [{"vector": each["score"], "version": each["score"][5:8]} for each in record.get("severity") or []
               if each["score"].startswith("CVSS:")]
    return {"Advisory": {
        "ghsaId": record["id"], "CVE": [name for name in record.get("aliases") or [] if name.startswith("CVE-")],
        "FixedIn": fixes, "Summary": record.get("summary") or record.get("details", ""),
        "Severity": (record.get("database_specific") or {}).get("severity", "").lower(), "cvss_severities": vectors,
        "published": record.get("published", ""), "updated": record.get("modified", ""),
        "withdrawn": record.get("withdrawn", ""),
        "url": next((each["url"] for each in record.get("references") or []), ""),
        "references": [{"url": each["url"]} for each in record.get("references") or []]}}


def debian_names(record):
    """The names that a scanner reports for a record: the CVEs, or the advisory where it names none."""
    names = [name for name in (record.get("upstream") or []) + (record.get("aliases") or []) if name.startswith("CVE-")]
    return names or [record["id"]]


def debian_rows(records):
    """(name, release) → the entries of packages, from CVEs and advisories alike, as the tracker gives them."""
    table = {}
    for record in records:
        for affected in record.get("affected") or []:
            release = affected["package"]["ecosystem"].partition(":")[2]
            for name in debian_names(record):
                for _, fixed, _ in intervals(affected):
                    table.setdefault((name, release), []).append((record, affected, fixed))
    return table


def debian_grype(out, records):
    details = {record["upstream"][0]: record.get("details", "") for record in records
               if record["id"].startswith("DEBIAN-")}
    items = []
    for (name, release), rows in debian_rows(records).items():
        fixes, urgency = [], ""
        for record, affected, fixed in rows:
            own = not record["id"].startswith("DEBIAN-")
            link = "https://security-tracker.debian.org/tracker/" + record["id"]
            fixes.append({
                "Name": affected["package"]["name"], "NamespaceName": "debian:" + release, "VersionFormat": "dpkg",
                "Version": fixed or "None",
                "VendorAdvisory": {"NoAdvisory": False,
                                   "AdvisorySummary": [{"ID": record["id"], "Link": link}] if own else []}})
            urgency = (affected.get("ecosystem_specific") or {}).get("urgency") or urgency
        items.append({"Vulnerability": {
            "Name": name, "NamespaceName": "debian:" + release, "Description": details.get(name, ""),
            "Severity": URGENCIES.get(urgency, "Unknown"), "FixedIn": fixes,
            "Link": "https://security-tracker.debian.org/tracker/" + name, "Metadata": {}, "CVSS": []}})
    workspace(out, "debian", "os", items)


def debian_trivy(out, records):
    folder = f"{out}/trivy/vuln-list-debian/tracker"
    write(f"{folder}/distributions.json", {name: {"major-version": number} for number, name in RELEASES.items()})
    for kind in "source", "updates-source", "CVE", "DSA", "DLA":
        os.makedirs(f"{folder}/{kind}", exist_ok=True)
    for record in records:
        advisory_id, names = record["id"], debian_names(record)
        own = not advisory_id.startswith("DEBIAN-")
        notes = [{"Type": "xref", "Bugs": [name for name in names if name != advisory_id]}] if own else []
        for affected in record.get("affected") or []:
            release = RELEASES[affected["package"]["ecosystem"].partition(":")[2]]
            urgency = (affected.get("ecosystem_specific") or {}).get("urgency", "")
            notes += [{"Type": "package", "Release": release, "Package": affected["package"]["name"],
                       "Kind": "fixed" if fixed else "unfixed", "Version": fixed or "", "Severity": urgency}
                      for _, fixed, _ in intervals(affected)]
        name, kind = (advisory_id, advisory_id[:3]) if own else (names[0], "CVE")
        header = {"ID": name, "Description": record.get("summary") or record.get("details", "")}
        write(f"{folder}/{kind}/{name}.json", {"Header": header, "Annotations": notes})


def alpine(out, records):
    names, packages = {}, {}
    for record in records:
        for affected in record.get("affected") or []:
            release, package = affected["package"]["ecosystem"].partition(":v")[2], affected["package"]["name"]
            for _, fixed, _ in intervals(affected):
                for name in record.get("upstream") or [record["id"]]:
                    names.setdefault((name, release), []).append(
                        {"Name": package, "NamespaceName": "alpine:" + release, "VersionFormat": "apk",
                         "Version": fixed or "None", "VendorAdvisory": {"NoAdvisory": False, "AdvisorySummary": []}})
                    packages.setdefault((release, package), {}).setdefault(fixed or "", []).append(name)
    workspace(out, "alpine", "os", [{"Vulnerability": {
        "Name": name, "NamespaceName": "alpine:" + release, "Description": "", "Severity": "Unknown", "FixedIn": fixes,
        "Link": "https://security.alpinelinux.org/vuln/" + name, "Metadata": {}, "CVSS": []}}
        for (name, release), fixes in names.items()])
    for (release, package), fixes in packages.items():
        write(f"{out}/trivy/vuln-list/alpine/{release}/{package}.json",
              {"name": package, "distroversion": "v" + release, "reponame": "main", "secfixes": fixes})


def osv_trivy(out, folder, records):
    for record in records:
        record.setdefault("database_specific", {})  # GitHub's and Go's always have it
        write(f"{out}/trivy/{folder}/{record['id'].replace('/', '_')}.json", record)


def main(out, zips):
    os.makedirs(f"{out}/trivy/cocoapods-specs/Specs", exist_ok=True)
    for path in zips:
        ecosystem = os.path.basename(os.path.dirname(path))
        with zipfile.ZipFile(path) as archive:
            records = [json.loads(archive.read(name)) for name in archive.namelist()]
        if ecosystem == "Debian":
            debian_grype(out, records)
            debian_trivy(out, records)
        elif ecosystem == "Alpine":
            alpine(out, records)
        elif ecosystem == "Bitnami":
            workspace(out, "bitnami", "osv", records)
            osv_trivy(out, "bitnami-vulndb/data", records)
        elif ecosystem == "Go":
            workspace(out, "govulndb", "osv", records)
            osv_trivy(out, "govulndb/data/osv", records)
            osv_trivy(out, "ghsa/advisories/github-reviewed", records)
        else:
            workspace(out, "github-" + ecosystem, "github-security-advisory",
                      [advisory(record, ecosystem) for record in records])
            osv_trivy(out, "ghsa/advisories/github-reviewed", records)


main(sys.argv[1], sys.argv[2:])
