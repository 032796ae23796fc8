// Passkeys: allauth's own script does the work (webauthn.js); this one only tells it which form is which, without inline script.
(function () {
  "use strict";
  var form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !window.allauth) return;
  var button = form.querySelector("[data-passkey-button]");
  var problem = form.querySelector("[data-passkey-problem]");
  button.id = "passkey-button";
  button.hidden = false;
  form.querySelector("[data-passkey-off]").hidden = true;
  window.allauth.webauthn.forms[form.dataset.passkey]({
    ids: { add: button.id, authenticate: button.id, credential: form.dataset.credential, data: "passkey-data" },
  });
  button.addEventListener("click", function () { problem.hidden = true; });
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    problem.hidden = false;
  });
  form.addEventListener("submit", function (event) {
    // Enter in the name's field: the passkey comes first
    if (!document.getElementById(form.dataset.credential).value) {
      event.preventDefault();
      button.click();
    }
  });
})();
