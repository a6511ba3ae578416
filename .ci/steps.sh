# Shared by the scripts of this folder: one line per step with its seconds; the first failure ends the run and is shown.
failed_step=''

# step <name> <command…>: quiet while it succeeds.
step() {
  local name=$1 log began status
  shift
  log=$(mktemp)
  began=$SECONDS
  if "$@" >"$log" 2>&1; then status=0; else status=$?; fi
  if [ "$status" -eq 0 ]; then
    printf '  ok    %4ds  %s\n' "$((SECONDS - began))" "$name"
    rm -f "$log"
    return 0
  fi
  printf '  FAIL  %4ds  %s\n' "$((SECONDS - began))" "$name"
  printf '\n%s\n' "--- $name: $*"
  # A failing test run says what matters at its end, a compiler at its beginning.
  if [ "$(wc -l <"$log")" -gt 160 ]; then
    head -n 60 "$log"
    printf '%s\n' '   […]'
    tail -n 100 "$log"
  else
    cat "$log"
  fi
  printf '%s\n' "--- $name failed with status $status"
  rm -f "$log"
  failed_step=$name
  return "$status"
}

# suite_on <node version> <folder>: the suite on another Node, which npm fetches into the folder.
suite_on() {
  step "Node $1 (npm)" fetch_node "$1" "$2"
  step "the suite on Node $1" env CI=1 SAFEKEEP_AGAIN=1 "$2/node-$1/node" node_modules/vitest/vitest.mjs run --config .ci/vitest.config.ts
  step "nothing left out on Node $1" node .ci/count.mjs "$1"
}

fetch_node() {
  local binary
  binary=$(npx --yes "node@$1" -p process.execPath)
  mkdir "$2/node-$1"
  cp "$binary" "$2/node-$1/node"
  "$2/node-$1/node" --version
}
