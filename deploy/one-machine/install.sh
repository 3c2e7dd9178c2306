#!/bin/sh
# Brings Nidaa up on a Debian machine, or brings what is there up to this version. Safe to repeat: it never touches
# settings, keys, texts or rows that exist. docs/production/install.md says when to run it.
#
#   /srv/nidaa/deploy/one-machine/install.sh petition.example.org
set -eu

NAME=${1:-}
ROOT=/srv/nidaa
HERE=$ROOT/deploy/one-machine
TLS=/etc/nidaa-tls

say() { printf '%s\n' "== $*"; }
stop() { printf '%s\n' "install.sh: $*" >&2; exit 1; }
has_systemd() { [ -d /run/systemd/system ]; }

[ "$(id -u)" = 0 ] || stop "run it as root"
[ -f $HERE/install.sh ] || stop "the checkout must be in $ROOT"
if [ -z "$NAME" ] && [ -f /etc/nginx/sites-available/nidaa ]; then
    NAME=$(sed -n 's/.*return 301 https:\/\/\(.*\)\$request_uri;/\1/p' /etc/nginx/sites-available/nidaa)
fi
printf '%s' "$NAME" | grep -Eqx '[a-z0-9.-]+\.[a-z0-9-]+' || stop "name the site: install.sh petition.example.org"

packages() {
    say "Debian packages"
    missing=
    for each in ca-certificates certbot make nginx openssl python3 python3-venv; do
        dpkg-query -W -f='${Status}' $each 2>/dev/null | grep -q 'ok installed' || missing="$missing $each"
    done
    if [ -n "$missing" ]; then
        apt-get update -qq
        # Not Debian's page of welcome: it would be served, and logged, until ours takes its place.
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
    rm -f /etc/nginx/sites-enabled/default
}

people_and_folders() {
    say "a user of its own, and its folders"
    id nidaa >/dev/null 2>&1 ||
        useradd --system --home-dir /var/lib/nidaa --shell /usr/sbin/nologin nidaa
    install -d -o nidaa -g nidaa -m 700 /var/lib/nidaa /var/lib/nidaa-keys /var/backups/nidaa
    install -d -m 755 /var/lib/nidaa-acme /usr/local/share/nidaa
    install -d -m 700 $TLS
}

program() {
    say "the program and its packages (the first time takes a minute)"
    (cd $ROOT && umask 022 && python3 tools/setup.py runtime)
    install -m 755 $ROOT/docs/production/campaign /usr/local/bin/campaign
}

settings() {
    say "settings"
    if [ ! -d /srv/nidaa-content ]; then
        cp -r $ROOT/content /srv/nidaa-content
    fi
    for each in nidaa.env nidaa-backup.env; do
        [ -f /etc/$each ] && continue
        (umask 077 && sed "s/petition\.example\.org/$NAME/" $HERE/$each >/etc/$each)
    done
    chmod 600 /etc/nidaa.env /etc/nidaa-backup.env
}

proxy() {
    say "the proxy for https://$NAME"
    live=/etc/letsencrypt/live/$NAME
    if [ -f "$live/fullchain.pem" ]; then
        ln -sf "$live/fullchain.pem" "$live/privkey.pem" $TLS/
    elif [ ! -f $TLS/fullchain.pem ]; then
        (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
            -subj "/CN=$NAME" -addext "subjectAltName=DNS:$NAME" \
            -keyout $TLS/privkey.pem -out $TLS/fullchain.pem 2>/dev/null)
        say "a certificate of our own stands in until certbot has fetched one"
    fi
    install -m 644 $HERE/away.html /usr/local/share/nidaa/away.html
    sed "s/petition\.example\.org/$NAME/g" $HERE/nginx.conf >/etc/nginx/sites-available/nidaa
    ln -sf /etc/nginx/sites-available/nidaa /etc/nginx/sites-enabled/nidaa
    nginx -t -q
    if has_systemd; then systemctl enable -q nginx && systemctl reload-or-restart nginx; fi
}

units() {
    say "systemd units"
    install -m 644 $ROOT/docs/production/nidaa.service $HERE/*.service $HERE/*.timer /etc/systemd/system/
    if has_systemd; then systemctl daemon-reload; fi
}

database() {
    say "the server's keys, the database, the petitions"
    if has_systemd; then systemctl stop nidaa; fi
    campaign init ||
        stop "the database is not at this version, so the service stays stopped; mend what is said above, and run this again"
    if has_systemd && systemctl -q is-enabled nidaa 2>/dev/null; then systemctl start nidaa; fi
}

backups() {
    if grep -q "^BACKUP_KEY='NIDAA" /etc/nidaa-backup.env; then
        if has_systemd; then systemctl enable -q --now nidaa-backup.timer nidaa-withdrawals.timer; fi
    else
        say "NO BACKUP yet: run \`campaign backup key\`, and put its line into /etc/nidaa-backup.env"
    fi
}

packages
people_and_folders
program
settings
proxy
units
if grep -Eq "^(SMTP_URL|MAIL_FROM)=''" /etc/nidaa.env; then
    say "next: fill in SMTP_URL and MAIL_FROM in /etc/nidaa.env and the responsible body in"
    say "/srv/nidaa-content/campaign.toml, then run this again"
    exit 0
fi
database
backups
say "what is left to do, as \`campaign check\` sees it:"
campaign check || true
