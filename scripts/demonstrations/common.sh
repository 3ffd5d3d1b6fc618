# What the demonstrations share; each says `lab` (a file of examples/) and `client` (a namespace) and then reads this.
# scripts/lab sets the environment.
spurline=$SPURLINE_BINARY
keep=$SPURLINE_KEEP_LAB
work=$(mktemp -d /tmp/spurline-lab.XXXXXX)
config=$work/$lab.yaml
cp "examples/$lab.yaml" "$config"

# --- output -------------------------------------------------------------------------------------------

failed=0 step_name=''
step() { step_name=$1; printf '\n\033[1m%s\033[0m\n' "Step $1: $2"; }
show() { printf '  $ %s\n' "$*"; }
indent() { sed 's/^/    /'; }

# check "what should hold" command...: runs the command and notes whether it succeeds.
check() {
  local what=$1
  shift
  if "$@" >"$work/check.log" 2>&1; then
    printf '  held    %s\n' "$what"
    echo "$step_name held    $what" >>"$SPURLINE_LAB_SUMMARY"
  else
    failed=$((failed + 1))
    printf '  FAILED  %s\n' "$what"
    indent <"$work/check.log"
    echo "$step_name FAILED  $what" >>"$SPURLINE_LAB_SUMMARY"
  fi
}

equal() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }; }
contains() { grep -qF -- "$2" <<<"$1" || { echo "no '$2' in:"; echo "$1"; return 1; }; }
lacks() { ! grep -qF -- "$2" <<<"$1" || { echo "'$2' is in:"; echo "$1"; return 1; }; }

# --- the lab ------------------------------------------------------------------------------------------

pids=()
in_ns() { ip netns exec "spl-$lab-$1" "${@:2}"; }
start_in() { # name, namespace, command...: starts a program in a namespace, its output in a file
  local name=$1 namespace=$2
  shift 2
  ip netns exec "spl-$lab-$namespace" "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  if $keep && [ $status -eq 0 ]; then
    printf '\nThe lab is still up. Try:\n'
    printf '  %s flows --config %s\n' "$spurline" "$config"
    printf '  %s lab exec %s %s -- curl http://%s/whoami\n' "$spurline" "$config" "$client" "$storage"
    printf 'and, at the end:\n  %s lab down %s; rm -rf %s\n' "$spurline" "$config" "$work"
    exit 0
  fi
  # By the ids that we started, and not for ever.
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for _ in $(seq 30); do
    [ -n "$(jobs -rp)" ] || break
    sleep 0.1
  done
  for pid in $(jobs -rp); do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  "$spurline" lab down "$config" >/dev/null 2>&1 || echo "scripts/lab: could not remove the lab" >&2
  if [ $status -ne 0 ] && [ -n "${SPURLINE_LAB_LOGS:-}" ]; then cp -r "$work" "$SPURLINE_LAB_LOGS"; fi
  rm -rf "$work"
  exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

wait_for() { # seconds, description, command...
  local seconds=$1 what=$2
  shift 2
  for _ in $(seq $((seconds * 10))); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "scripts/lab: waited ${seconds} s in vain for $what" >&2
  tail -n 20 "$work"/*.log >&2 || true
  return 1
}

write_nginx() { # name, address, log: a web server that says who asked, and has something long to say
  mkdir -p "$work/$1"
  truncate -s 512M "$work/$1/large"
  chmod 755 "$work" "$work/$1"
  cat >"$work/$1.conf" <<NGINX
user root;
worker_processes 1;
daemon off;
pid $work/$1.pid;
error_log $work/$1-error.log info;
events {}
http {
  log_format clients '\$remote_addr "\$request" \$status \$body_bytes_sent';
  access_log $work/$1-access.log clients;
  client_body_temp_path $work/$1;
  proxy_temp_path $work/$1;
  fastcgi_temp_path $work/$1;
  uwsgi_temp_path $work/$1;
  scgi_temp_path $work/$1;
  server {
    listen $2:80;
    root $work/$1;
    location = /whoami { default_type text/plain; return 200 "\$remote_addr\n"; }
    location = /large { limit_rate 512k; }
  }
}
NGINX
}

bring_up() {
  echo "bringing up the lab: $(basename "$config")"
  "$spurline" check "$config" | indent
  "$spurline" lab up "$config" | indent
}
