// The reader's zone. The browser's guess is kept in a cookie and followed when it changes; a choice by hand wins, and is asked about, never overridden.
(function () {
  "use strict";
  var page = document.documentElement, guess;
  try {
    guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch (e) {
    return;
  }
  if (!guess || !/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/.test(guess)) return;

  function cookie(name) {
    var found = document.cookie.match(new RegExp("(?:^|; )" + name + "=([^;]*)"));
    return found ? found[1] : "";
  }
  function keep(name, value) {
    document.cookie = name + "=" + value + "; path=/; max-age=31536000; SameSite=Lax" + (location.protocol === "https:" ? "; Secure" : "");
    return cookie(name) === value;
  }

  var before = cookie("zone_guess");
  if (before !== guess && keep("zone_guess", guess) && page.dataset.zoneBy !== "hand") {
    if (page.dataset.zone !== guess && document.querySelector(".when, time")) location.reload();
    return;
  }
  var ask = document.getElementById("zone-ask");
  if (!ask || page.dataset.zoneBy !== "hand" || page.dataset.zone === guess || guess === "UTC" || cookie("zone_kept") === guess) return;
  ask.querySelector("a").search = "?zone=" + encodeURIComponent(guess) + "&next=" + encodeURIComponent(location.pathname + location.search);
  ask.querySelector("b").textContent = guess.split("/").pop().replace(/_/g, " ");
  ask.querySelector("button").addEventListener("click", function () {
    keep("zone_kept", guess);
    ask.hidden = true;
  });
  ask.hidden = false;
})();
