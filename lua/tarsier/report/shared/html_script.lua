-- The script of the HTML report: it sorts, filters, follows links to findings and copies commands. The page is whole
-- without it. The page's content security policy names this text by its hash: after a change,
-- UPDATE=1 make test SPECS=tests/report/html_spec.lua.

return [==[
"use strict";
(function () {
  document.documentElement.classList.add("scripted");
  var list = document.getElementById("findings");
  var count = document.getElementById("count");
  var controls = {};
  ["search", "severity", "decision", "layer", "fixable", "settled"].forEach(function (name) {
    controls[name] = document.getElementById("f-" + name);
  });

  // One record a finding: reading attributes once makes a filter of thousands a matter of milliseconds.
  var records = list ? Array.from(list.querySelectorAll(".finding")).map(function (node, order) {
    var data = node.dataset;
    return { node: node, order: order, id: data.id, severity: +data.severity, decision: +data.decision, word: data.word,
      package: data.package, layer: +data.layer, fixed: data.fixed === "1", risk: +data.risk, text: null };
  }) : [];
  var none = document.getElementById("none");

  function textOf(record) {
    if (record.text === null) record.text = record.node.firstElementChild.textContent.toLowerCase();
    return record.text;
  }

  function number(n) { return n.toLocaleString("en"); }

  function filter() {
    if (!list) return;
    var words = controls.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var least = +controls.severity.value, decision = controls.decision.value, layer = controls.layer.value;
    var shown = 0;
    records.forEach(function (record) {
      var wanted = record.severity >= least &&
        (!decision || record.word === decision) &&
        (!layer || (layer === "own" || layer === "base" ? record.node.dataset.base === (layer === "base" ? "1" : "0")
          : record.layer === +layer)) &&
        (!controls.fixable.checked || record.fixed) &&
        (decision || controls.settled.checked || record.decision < 4) &&
        words.every(function (word) { return textOf(record).indexOf(word) >= 0; });
      if (record.node.hidden === wanted) record.node.hidden = !wanted;
      if (wanted) shown++;
    });
    count.textContent = shown === records.length ? number(shown) + (shown === 1 ? " finding" : " findings")
      : number(shown) + " of " + number(records.length);
    none.hidden = shown > 0;
  }

  var keys = {
    decision: function (a, b) { return a.decision - b.decision; },
    severity: function (a, b) { return b.severity - a.severity; },
    id: function (a, b) { return a.id < b.id ? -1 : a.id > b.id ? 1 : 0; },
    package: function (a, b) { return a.package < b.package ? -1 : a.package > b.package ? 1 : 0; },
    fix: function (a, b) { return b.fixed - a.fixed; },
    layer: function (a, b) { return a.layer - b.layer; },
    risk: function (a, b) { return b.risk - a.risk; }
  };

  function sort(button) {
    var up = button.getAttribute("aria-sort") !== "ascending", compare = keys[button.dataset.key];
    document.querySelectorAll(".columns button").forEach(function (other) { other.removeAttribute("aria-sort"); });
    button.setAttribute("aria-sort", up ? "ascending" : "descending");
    records.sort(function (a, b) { return (up ? compare(a, b) : compare(b, a)) || a.order - b.order; });
    var parent = list.parentNode;
    parent.removeChild(list); // moving what is not on the page lays out nothing
    records.forEach(function (record) { list.appendChild(record.node); });
    parent.insertBefore(list, none);
  }

  // A link to a finding opens it, even if a filter hides it.
  function follow() {
    var name = location.hash.slice(1), node = name && document.getElementById(name);
    if (!node || !node.classList.contains("finding")) return;
    if (node.hidden) {
      controls.search.value = ""; controls.severity.value = "0"; controls.decision.value = ""; controls.layer.value = "";
      controls.fixable.checked = false; controls.settled.checked = true;
      filter();
    }
    node.open = true;
    node.scrollIntoView({ block: "center", behavior: "auto" });
  }

  var waiting = 0;
  document.addEventListener("input", function (event) {
    if (!event.target.closest(".tools")) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button"), bar = event.target.closest("a[data-filter]");
    if (button && button.dataset.key) sort(button);
    if (button && button.classList.contains("copy")) copy(button);
    if (bar) {
      controls[bar.dataset.filter].value = bar.dataset.value;
      filter();
    }
  });

  function copy(button) {
    var text = button.previousElementSibling.textContent;
    function done() { button.textContent = "copied"; setTimeout(function () { button.textContent = "copy"; }, 1500); }
    function select() {
      var range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (document.execCommand("copy")) done();
    }
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select); else select();
  }

  window.addEventListener("hashchange", follow);
  filter();
  follow();
})();
]==]
