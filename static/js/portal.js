// The reader's zone, guessed by the browser once, until a person chooses another. Everything works without it.
(function () {
  "use strict";
  if (/(^|; )zone=/.test(document.cookie)) return;
  var zone;
  try {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch (e) {
    return;
  }
  if (!zone || !/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/.test(zone)) return;
  document.cookie = "zone=" + zone + "; path=/; max-age=31536000; SameSite=Lax" + (location.protocol === "https:" ? "; Secure" : "");
  if (document.cookie.indexOf("zone=") >= 0 && zone !== "UTC" && document.querySelector(".when")) location.reload();
})();
