"""An application with the mail room only, its keys, and a real SMTP server to send to."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from flask_babel import Babel
from sqlalchemy import create_engine, make_url, text

from campaign_app import config, database
from campaign_app.extensions import db
from campaign_app.mail import schedule
from campaign_app.mail.models import OutboxMail
from campaign_app.sealing import operations as key_operations

from .relays import FakeRelay

ROOT = Path(__file__).resolve().parents[2]


def make_app(settings: config.Settings, *, is_new: bool = True) -> Flask:
    """Return an application that knows the ground and the mail room, and no other; its tables new and empty."""
    app = Flask("campaign_app")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.sqlalchemy_url
    app.extensions[config.EXTENSION] = settings
    db.init_app(app)
    Babel(app, default_locale="ar")  # of its own: the one of the rooms remembers catalogues for the process
    schedule.register(app)
    with app.app_context():
        database.prepare(db.engine)
        if not is_new:
            return app
        tables = [OutboxMail.metadata.tables[name] for name in ("outbox", "job_lease", "audit_entry")]
        db.metadata.create_all(db.engine, tables=tables)
        for table in tables:
            db.session.execute(table.delete())
        db.session.commit()
    return app


@pytest.fixture(scope="session")
def mail_database_url(database_url: str) -> str:
    """Return where this room's tables live: a file per test (""), or a database beside the other rooms'."""
    if not database_url:
        return ""
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE mail_room"))
    engine.dispose()
    return make_url(database_url).set(database="mail_room").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the keys of a development server."""
    folder = tmp_path_factory.mktemp("keys")
    key_operations.make_server_keys(keys_dir=folder, today=date(2026, 3, 1))
    key_operations.make_demo_keys(keys_dir=folder, today=date(2026, 3, 1))
    return folder


@pytest.fixture
def mail_settings(tmp_path: Path, keys_dir: Path, mail_database_url: str) -> config.Settings:
    """Return settings whose mails become files."""
    return config.Settings(
        home=tmp_path,
        keys_dir=keys_dir,
        content_dir=ROOT / "content",
        base_url="https://sign.example.org",
        mail_from="post@example.org",
        database_url=mail_database_url,
    )


@pytest.fixture
def mail_app(mail_settings: config.Settings) -> Iterator[Flask]:
    """Return an application inside its own context; its mails become files."""
    app = make_app(mail_settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    """Return a running relay that accepts everything."""
    with FakeRelay() as running:
        yield running


@pytest.fixture
def relayed_app(mail_settings: config.Settings, relay: FakeRelay) -> Iterator[Flask]:
    """Return an application inside its own context; it sends through `relay`."""
    app = make_app(replace(mail_settings, smtp_url=relay.url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a certificate for 127.0.0.1, its own authority, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example.org")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, key_file


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """Return what a relay with that certificate answers with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """Return a client's view that trusts that certificate and nothing else."""
    return ssl.create_default_context(cafile=certificate[0])
