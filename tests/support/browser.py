"""Drives a headless Chromium over its debugging pipe, with nothing but Python's own library.

Reads a list of {"url", "width", "height", "steps": [JavaScript], "screenshot": path}, opens each in the same tab, one after the
other (a tab for each would take half a second more of the processor), and writes a list of {"results", "busy", "requests",
"messages"}: what each step gave, how many seconds of the processor it took, which addresses the page asked for, and what its
console, its errors and its policy said."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")  # the first takes half of the others' time


class Browser:
    def __init__(self, profile):
        program = next(filter(None, map(shutil.which, PROGRAMS)))
        to_browser, self.write_fd = os.pipe()
        self.read_fd, from_browser = os.pipe()
        os.set_inheritable(to_browser, True)
        os.set_inheritable(from_browser, True)
        command = 'exec 3<&%d 4>&%d; exec "$@"' % (to_browser, from_browser)
        self.process = subprocess.Popen(
            ["bash", "-c", command, "browser", program, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-gpu-compositing", "--disable-software-rasterizer", "--remote-debugging-pipe",
             "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage", "--user-data-dir=" + profile],
            close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.call("Performance.enable", timeDomain="threadTicks")

    def message(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.read_fd, 1 << 16)
            if not piece:
                raise SystemExit("the browser ended")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                return message.get("result", message)
            self.events.append(message)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message())

    def open(self, url, width, height):
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def busy(self):
        """Processor seconds of the page's thread: a busy machine does not lengthen them as it does the time on the clock."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return sum(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def timed(self, expression):
        before = self.busy()
        return self.evaluate(expression), self.busy() - before

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            return {"error": json.dumps(answer["exceptionDetails"])[:500]}
        return answer.get("result", {}).get("value")


def texts(events):
    for event in events:
        params = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            yield params["entry"]["text"]
        elif event.get("method") == "Runtime.exceptionThrown":
            yield json.dumps(params["exceptionDetails"])[:500]
        elif event.get("method") == "Page.javascriptDialogOpening":
            yield "dialog: " + params["message"]


def run(browser, job):
    browser.open(job["url"], job.get("width", 1280), job.get("height", 900))
    results, busy = zip(*[browser.timed(step) for step in job["steps"]])
    if job.get("screenshot"):
        shot = browser.call("Page.captureScreenshot", captureBeyondViewport=job.get("whole", False))
        with open(job["screenshot"], "wb") as file:
            file.write(base64.b64decode(shot["data"]))
    requests = [event["params"]["request"]["url"] for event in browser.events
                if event.get("method") == "Network.requestWillBeSent"]
    return {"results": results, "busy": busy, "requests": requests, "messages": list(texts(browser.events))}


def main(jobs):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:  # Chromium may still write
        browser = Browser(profile)
        try:
            json.dump([run(browser, job) for job in jobs], sys.stdout)
        finally:
            browser.process.terminate()
            browser.process.wait()


main(json.load(sys.stdin))
