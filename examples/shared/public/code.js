// The link in a mail carries its code in the fragment, which no server, proxy or Referer ever sees. This fills the
// visible field from it and takes it out of the address bar and the history entry. Without JavaScript, or where a
// mail program cut the link, the same code is pasted from the mail by hand.
const field = document.querySelector('input[name="code"]');
const code = location.hash.slice(1);
if (field instanceof HTMLInputElement && /^(cnf|rst|chg|und)_[\w-]+$/.test(code)) {
  field.value = code;
  history.replaceState(null, '', location.pathname);
}
