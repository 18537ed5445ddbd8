# The keeper of one throw-away PostgreSQL cluster: makes it, says "ready", waits, removes it. Started by cluster.rs.
#
# arguments: FOLDER PROGRAMS SETTINGS OWNER PREFIX…
#   FOLDER    everything of the cluster is below it; made here, removed here
#   PROGRAMS  where initdb and pg_ctl are
#   SETTINGS  lines for postgresql.conf
#   OWNER     whom the folder is given to ("" when we need not change users)
#   PREFIX…   words that run a program as that owner
# standard input: "group N" names the process group that uses the cluster, "done" that the use is over.
#
# The end of standard input means that xtask is gone, by whatever way, kill -9 included. So this one must outlive it:
# it sits in a process group of its own and ignores the signals that a terminal or a supervisor sends, and SIGPIPE,
# which it would die of if xtask were killed before the "ready".
# Without a "done" the users of the cluster are ended too.
set -u
trap '' HUP INT PIPE TERM
folder=$1 programs=$2 settings=$3 owner=$4
shift 4
umask 077
cd /

as_owner() { "$@" </dev/null; }

give_up() {
    echo "$1" >&2
    tail -n 15 "$folder/initdb.log" "$folder/start.log" "$folder/server.log" >&2 2>/dev/null
    rm -rf "$folder"
    exit 1
}

make_cluster() {
    for locale in C.UTF-8 C; do
        rm -rf "$folder/data"
        as_owner "$@" "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale="$locale" --no-sync \
            >>"$folder/initdb.log" 2>&1 && return 0
    done
    return 1
}

# `kill -s`, because dash does not understand `kill -TERM -- -GROUP`.
end_users() {
    [ -n "$group" ] || return 0
    for second in 1 2 3 4 5; do
        kill -s 0 -- "-$group" 2>/dev/null || return 0
        sleep 1
    done
    kill -s KILL -- "-$group" 2>/dev/null
}

mkdir "$folder" "$folder/socket" || { echo "cannot make $folder" >&2; exit 1; }
if [ -n "$owner" ]; then chown -R "$owner" "$folder" || give_up "cannot give $folder to $owner"; fi
make_cluster "$@" || give_up "initdb failed"
printf '%s\n' "$settings" >>"$folder/data/postgresql.conf"
as_owner "$@" "$programs/pg_ctl" -D "$folder/data" -s -w -l "$folder/server.log" start >"$folder/start.log" 2>&1 ||
    give_up "PostgreSQL did not start"
echo ready 2>/dev/null

group='' finished=''
while read -r word value; do
    case $word in
    group) group=$value ;;
    done) finished=yes ;;
    esac
done

[ -n "$finished" ] && group=''
[ -n "$group" ] && kill -s TERM -- "-$group" 2>/dev/null
as_owner "$@" "$programs/pg_ctl" -D "$folder/data" -s -w -m immediate stop >/dev/null 2>&1
rm -rf "$folder"
end_users
