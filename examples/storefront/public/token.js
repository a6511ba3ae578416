// The link in a mail carries its token in the fragment, which no server, proxy or Referer ever sees. This fills the
// visible field from it and takes it out of the address bar and the history entry. Without JavaScript, or where a
// mail program cut the link, the same token is pasted from the mail by hand.
const field = document.querySelector('input[name="token"]');
const token = new URLSearchParams(location.hash.slice(1)).get('t');
if (field instanceof HTMLInputElement && token) {
  field.value = token;
  history.replaceState(null, '', location.pathname);
}
