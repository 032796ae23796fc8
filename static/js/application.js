// The application is kept as one goes: each changed answer is sent, and the page's head says how far it is. Without this the button does the same.
(function () {
  "use strict";
  var form = document.querySelector("[data-keep]");
  if (!form || !window.fetch || !window.FormData) return;
  var said = form.querySelector("[data-kept]"), waiting = null, sending = false, again = false;

  function say(words, bad) {
    said.textContent = words;
    said.className = "sync " + (bad ? "bad" : "good");
  }
  function take(page, selector) {
    var fresh = page.querySelector(selector), here = document.querySelector(selector);
    if (fresh && here) here.replaceWith(fresh);
  }
  function send() {
    if (sending) { again = true; return; }
    var body = new FormData(form);
    body.append("do", "keep");
    sending = true;
    fetch(form.action, { method: "POST", body: body, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html"), wrong = page.querySelector("form [role=alert], form .cell-bad");
      take(page, ".page-head");
      take(page, "[data-missing]");
      say(wrong ? form.dataset.sayNot + " " + wrong.textContent.trim() : form.dataset.saySaved, !!wrong);
    }).catch(function () {
      say(form.dataset.sayLater, true);
    }).then(function () {
      sending = false;
      if (again) { again = false; send(); }
    });
  }
  form.addEventListener("change", function () {
    clearTimeout(waiting);
    waiting = setTimeout(send, 300);
  });
})();
