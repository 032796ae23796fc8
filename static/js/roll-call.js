// The roll call on a weak connection. Each mark is kept on the device first, under a key of its own, and sent until the server has answered;
// sent twice it counts once, and what is newer stands. The server counts the minutes: its answer has the person's row. Without this script
// the page is a plain form.
(function () {
  "use strict";
  var root = document.querySelector("[data-roll-call]");
  if (!root || !window.fetch || !window.crypto || !document.querySelector("[data-was]") && !hasLeftOvers()) return;

  var MOST_AT_ONCE = 4, PATIENCE = 20000, LONGEST_WAIT = 60000;
  var say = root.dataset;
  var prefix = "rollcall:" + say.person + ":" + say.code + ":";
  var memory = {};
  var persistent = keeps();
  var offset = Number(say.now) - Date.now(); // the server's clock as this device sees it
  var busy = {}, failures = 0, waitUntil = 0, timer = 0, stopped = "", before = 0, asked = false;

  // ---- what is kept on the device

  function hasLeftOvers() {
    try {
      return Object.keys(localStorage).some(function (key) { return key.indexOf("rollcall:" + root.dataset.person + ":" + root.dataset.code + ":") === 0; });
    } catch (e) {
      return false;
    }
  }

  function keeps() {
    try {
      localStorage.setItem("rollcall:test", "1");
      localStorage.removeItem("rollcall:test");
      return true;
    } catch (e) {
      return false;
    }
  }

  function load(cell) {
    try {
      return JSON.parse(persistent ? localStorage.getItem(prefix + cell) : memory[cell] || "null");
    } catch (e) {
      return null;
    }
  }

  function store(entry) {
    var text = JSON.stringify(entry);
    memory[entry.cell] = text;
    if (!persistent) return;
    try {
      localStorage.setItem(prefix + entry.cell, text);
    } catch (e) { // full: everything that waits goes on in memory
      waiting().forEach(function (one) { memory[one.cell] = JSON.stringify(one); });
      memory[entry.cell] = text;
      persistent = false;
    }
  }

  function drop(cell) {
    delete memory[cell];
    try { localStorage.removeItem(prefix + cell); } catch (e) { /* nothing is kept there */ }
  }

  function waiting() {
    var cells = persistent
      ? Object.keys(localStorage).filter(function (key) { return key.indexOf(prefix) === 0; }).map(function (key) { return key.slice(prefix.length); })
      : Object.keys(memory);
    return cells.map(load).filter(Boolean).sort(function (a, b) { return a.made - b.made; });
  }

  // ---- a row: what it says, what it is told

  function rowOf(cell) {
    return document.getElementById(cell);
  }

  function field(row, name) {
    return row.querySelector('[name="' + row.id + "-" + name + '"]');
  }

  function fields(row, name) {
    return Array.prototype.slice.call(row.querySelectorAll('[name="' + row.id + "-" + name + '"]'));
  }

  function how(row) {
    var checked = row.querySelector('[name="' + row.id + '-how"]:checked');
    return checked ? checked.value : "";
  }

  function pick(row, value) {
    var radio = document.getElementById(row.id + "-" + value);
    if (radio) radio.checked = true;
  }

  function pairsOf(row) {
    var backs = fields(row, "away-back");
    return fields(row, "away-out").map(function (out, n) { return [out.value, backs[n].value]; });
  }

  function setTimes(row, late, left, away) {
    field(row, "late").value = late || "";
    field(row, "left").value = left || "";
    var pairs = row.querySelectorAll("[data-pair]");
    for (var n = 1; n < pairs.length; n++) pairs[n].remove();
    pairs[0].querySelectorAll("input").forEach(function (one) { one.value = ""; });
    away.forEach(function (pair) { fillPair(row, pair); });
  }

  function fillPair(row, pair) {
    var free = pairsOf(row).findIndex(function (one) { return !one[0] && !one[1]; });
    if (free < 0) free = addPair(row);
    fields(row, "away-out")[free].value = pair[0];
    fields(row, "away-back")[free].value = pair[1];
  }

  function addPair(row) {
    var all = row.querySelectorAll("[data-pair]"), copy = all[all.length - 1].cloneNode(true);
    copy.querySelectorAll("input").forEach(function (one) { one.value = ""; });
    all[0].parentNode.appendChild(copy);
    return all.length;
  }

  function tell(row, text, tone) {
    var line = row.querySelector("[data-sync]");
    line.textContent = text;
    line.className = "sync" + (tone ? " " + tone : "");
    row.classList.toggle("unsaved", tone === "waiting" || tone === "bad");
    var error = row.querySelector("[data-error]");
    if (error) error.remove();
  }

  function paint(entry) {
    var row = rowOf(entry.cell);
    if (!row) return;
    if (row.dataset.half) tell(row, row.dataset.half, "bad");
    else if (entry.why) tell(row, say.sayRefused.replace("{why}", entry.why), "bad");
    else tell(row, busy[entry.cell] ? say.saySaving : say.sayWaiting, "waiting");
  }

  function ready(row) {
    var quick = row.querySelector("[data-quick]");
    if (!quick) return;
    quick.hidden = !clockNow();
    row.querySelector("[data-more]").hidden = false;
    row.querySelector('[data-do="back"]').hidden = !field(row, "left").value;
    row.querySelector('[data-do="left"]').hidden = !!field(row, "left").value;
  }

  // ---- marking

  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    return Array.prototype.map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function mark(row, rest) {
    var pairs = pairsOf(row).filter(function (pair) { return pair[0] || pair[1]; });
    if (pairs.some(function (pair) { return !pair[0] || !pair[1]; })) return unsaid(row, say.sayPair);
    var late = field(row, "late").value, left = field(row, "left").value, said = how(row);
    if (late || left || pairs.length) {
      pick(row, "part");
      said = "part";
    }
    if (said === "part" && !late && !left && !pairs.length) {
      row.querySelector("[data-times]").open = true;
      return unsaid(row, say.sayPart);
    }
    if (!said) return;
    delete row.dataset.half;
    var last = load(row.id);
    store({
      cell: row.id, place: row.dataset.place, day: row.dataset.day, key: newKey(), how: said, late: late, left: left, away: pairs, rest: !!rest,
      made: Math.max(Math.round(Date.now() + offset), Number(row.dataset.made) + 1, last ? last.made + 1 : 0)
    });
    ready(row);
    paint(load(row.id));
    show();
  }

  function unsaid(row, text) { // half a mark: said until it is whole, whatever becomes of the one before it
    row.dataset.half = text;
    tell(row, text, "bad");
  }

  function clockNow() { // the training's wall clock, while its day lasts
    var now = Date.now() + offset;
    if (now < Number(say.starts) * 1000 || now > Number(say.ends) * 1000) return "";
    return new Intl.DateTimeFormat("en-GB", { timeZone: say.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(now));
  }

  function quick(row, what) {
    var now = clockNow(), left = field(row, "left");
    if (!now) return ready(row);
    if (what === "back") {
      var out = left.value;
      left.value = "";
      if (now !== out) fillPair(row, [out, now]);
      if (now === out && !field(row, "late").value && !pairsOf(row).some(function (pair) { return pair[0]; })) pick(row, "there");
    } else {
      if (how(row) !== "part") setTimes(row, "", "", []);
      field(row, what).value = now;
    }
    row.querySelector("[data-times]").open = true;
    mark(row);
    pump();
  }

  // ---- sending

  function pump() {
    clearTimeout(timer);
    if (stopped) return show();
    var now = Date.now();
    if (now < waitUntil) {
      timer = setTimeout(pump, waitUntil - now);
      return show();
    }
    waiting().forEach(function (entry) {
      if (!entry.why && !busy[entry.cell] && Object.keys(busy).length < MOST_AT_ONCE) send(entry);
    });
    show();
  }

  function send(entry) {
    var body = new URLSearchParams(), halt = new AbortController();
    var patience = setTimeout(function () { halt.abort(); }, PATIENCE);
    ["place", "day", "key", "made", "how", "late", "left"].forEach(function (name) { body.append(name, entry[name]); });
    entry.away.forEach(function (pair) {
      body.append("away-out", pair[0]);
      body.append("away-back", pair[1]);
    });
    if (entry.rest) body.append("rest", "on");
    busy[entry.cell] = entry.key;
    paint(entry);
    var token = document.querySelector("[name=csrfmiddlewaretoken]");
    fetch(say.url, { method: "POST", body: body, redirect: "manual", credentials: "same-origin", signal: halt.signal, headers: { "X-CSRFToken": token ? token.value : "" } })
      .then(function (answer) {
        if (answer.type === "opaqueredirect") return halted("login");
        if (answer.status === 403) return halted("reload");
        if (answer.status === 404) return halted("gone");
        if (answer.status === 200 || answer.status === 409 || answer.status === 422) return answer.json().then(function (said) { answered(entry, said); });
        throw new Error(String(answer.status));
      })
      .catch(function () {
        failures++;
        waitUntil = Date.now() + Math.min(LONGEST_WAIT, 1000 * Math.pow(2, failures - 1)) * (0.75 + Math.random() / 2);
      })
      .then(function () {
        clearTimeout(patience);
        delete busy[entry.cell];
        var still = load(entry.cell);
        if (still) paint(still);
        pump();
      });
  }

  function halted(why) {
    stopped = why;
  }

  function answered(entry, said) {
    failures = 0;
    waitUntil = 0;
    var now = load(entry.cell), latest = !now || now.key === entry.key;
    if (said.state === "refused") {
      if (latest) {
        entry.why = said.why;
        store(entry);
      }
      return;
    }
    if (latest) drop(entry.cell);
    offset = said.now - Date.now();
    var row = rowOf(entry.cell);
    if (!row || !said.row) return;
    var made = document.createElement("template");
    made.innerHTML = said.row;
    replace(row, made.content.querySelector("[data-cell]"), latest, said.state === "older");
  }

  function replace(row, fresh, latest, older) {
    var typing = row.contains(document.activeElement) && /^(time)$/.test(document.activeElement.type);
    if (latest && older && !typing && !row.dataset.half) {
      row.replaceWith(fresh);
      ready(fresh);
      tell(fresh, say.sayOlder.replace("{saved}", fresh.querySelector("[data-sync]").textContent), "");
      return;
    }
    row.querySelector("[data-count]").innerHTML = fresh.querySelector("[data-count]").innerHTML;
    if (latest) row.querySelector("[data-said]").textContent = fresh.querySelector("[data-said]").textContent;
    row.dataset.made = fresh.dataset.made;
    row.querySelector("[data-was]").value = fresh.querySelector("[data-was]").value;
    if (row.dataset.half) tell(row, row.dataset.half, "bad");
    else if (latest) tell(row, fresh.querySelector("[data-sync]").textContent, "good");
  }

  // ---- how it stands, over all

  function show() {
    var all = waiting(), refused = all.filter(function (one) { return one.why; }), open = all.length - refused.length;
    var away = !navigator.onLine || failures > 0;
    var text = say.sayAllSaved;
    if (open && stopped) text = say["say" + stopped.charAt(0).toUpperCase() + stopped.slice(1)];
    else if (open && away) text = say.sayOffline;
    else if (open && before) text = say.sayBefore;
    else if (open) text = say.saySome;
    else if (refused.length) text = refused.map(function (one) { return say.sayRefused.replace("{why}", one.why); }).filter(function (one, n, list) { return list.indexOf(one) === n; }).join(" ");
    if (!open) before = 0;
    if (!all.length && !root.querySelector("[data-half]")) asked = false;
    if (asked) text = say.sayFirst + " " + text;
    if (open && !persistent) text += " " + say.sayMemory;
    text = text.replace("{n}", open);
    var bar = root.querySelector("[data-sync-bar]"), line = bar.querySelector("[data-sync-text]");
    bar.hidden = false;
    bar.className = "sync-bar " + (open && (away || stopped) ? "warn" : refused.length && !open ? "bad" : open ? "" : "good");
    if (line.textContent !== text) line.textContent = text;
    bar.querySelector("[data-sync-now]").hidden = !(open && away && !stopped);
    bar.querySelector("[data-sync-login]").hidden = !(open && stopped === "login");
    bar.querySelector("[data-sync-reload]").hidden = !(open && stopped === "reload");
    bar.querySelector("[data-sync-forget]").hidden = !(open ? stopped === "gone" : refused.length);
  }

  function again() {
    failures = 0;
    waitUntil = 0;
    if (stopped === "login") stopped = "";
    pump();
  }

  // ---- what people do

  root.addEventListener("change", function (event) {
    var row = event.target.closest("[data-cell]");
    if (!row) return;
    if (event.target.type === "radio" && how(row) !== "part") setTimes(row, "", "", []);
    ready(row);
    mark(row);
    clearTimeout(timer);
    timer = setTimeout(pump, event.target.type === "time" ? 500 : 0); // who types an hour digit by digit sends it once
  });

  root.addEventListener("click", function (event) {
    var button = event.target.closest("button, a"), row = event.target.closest("[data-cell]");
    if (!button) return;
    if (button.dataset.do && row) quick(row, button.dataset.do);
    else if ("more" in button.dataset) fields(row, "away-out")[addPair(row)].focus();
    else if ("all" in button.dataset) {
      event.preventDefault();
      button.form.querySelectorAll("[data-cell]").forEach(function (one) {
        if (how(one) || !one.querySelector("[data-was]")) return;
        pick(one, "there");
        mark(one, true);
      });
      again();
    } else if ("syncNow" in button.dataset) again();
    else if ("syncReload" in button.dataset) location.reload();
    else if ("syncForget" in button.dataset) {
      waiting().forEach(function (one) { if (one.why || stopped === "gone") drop(one.cell); });
      location.reload();
    } else if ("confirm" in button.dataset && (waiting().length || root.querySelector("[data-half]"))) {
      event.preventDefault();
      asked = true;
      again();
    }
  });

  root.addEventListener("submit", function (event) { // the device sends marks one by one; the plain form would send the page once more
    event.preventDefault();
    again();
  });

  window.addEventListener("online", again);
  window.addEventListener("offline", show);
  window.addEventListener("storage", show);
  window.addEventListener("pageshow", again);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) again(); });
  window.addEventListener("beforeunload", function (event) { if (!persistent && waiting().length) event.preventDefault(); });

  root.querySelectorAll("[data-cell]").forEach(ready);
  setInterval(function () { root.querySelectorAll("[data-cell]").forEach(ready); }, 60000); // the day begins, and ends
  root.querySelectorAll("[data-plain]").forEach(function (one) { one.hidden = true; });
  root.querySelectorAll("[data-all]").forEach(function (one) { one.type = "button"; });
  waiting().forEach(function (entry) {
    var row = rowOf(entry.cell);
    if (row && row.querySelector("[data-was]")) {
      pick(row, entry.how);
      setTimes(row, entry.late, entry.left, entry.away);
      if (entry.away.length || entry.late || entry.left) row.querySelector("[data-times]").open = true;
      ready(row);
    }
    if (!entry.why) before++;
    paint(entry);
  });
  pump();
})();
