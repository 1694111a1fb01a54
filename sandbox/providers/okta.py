"""Without this file the engine would find no `okta` plugin: its settings, its version and its start."""

import os
import threading

from sandbox.providers.fields import Field, Fields, Kind
from sandbox.providers.okta_client import Okta
from sandbox.providers.okta_resources import INVOKES, RESOURCES
from sandbox.providers.plugin import serve
from sandbox.providers.resource import Package, ProviderError
from sandbox.providers.values import Json

# Settings of the official plugin; those about waiting, OAuth and capacity change nothing here.
_TEXTS = (
    "orgName",
    "baseUrl",
    "apiToken",
    "httpProxy",
    "accessToken",
    "clientId",
    "privateKey",
    "privateKeyId",
)
_NUMBERS = (
    *("logLevel", "maxApiCapacity", "maxRetries", "maxWaitSeconds", "minWaitSeconds", "parallelism"),
    *("requestTimeout", "backoff", "scopes"),
)
_CONFIG: Fields = dict.fromkeys((*_TEXTS, *_NUMBERS), Field(Kind.TEXT))


def connect(config: Json, cancelled: threading.Event) -> Okta:
    """
    Prepare the client from the stack's settings, each with its environment variable behind it.

    Raises:
        ProviderError: There is no token, or the address is not on loopback.
    """
    token = config.get("apiToken") or config.get("accessToken") or os.environ.get("OKTA_API_TOKEN")
    organisation = config.get("orgName") or os.environ.get("OKTA_ORG_NAME", "")
    domain = config.get("baseUrl") or os.environ.get("OKTA_BASE_URL", "okta.com")
    url = config.get("httpProxy") or os.environ.get("OKTA_HTTP_PROXY") or f"https://{organisation}.{domain}"
    client_url = str(url).rstrip("/")
    if not token:
        raise ProviderError("okta:apiToken is not set, nor is OKTA_API_TOKEN: nobody may call the management API")
    return Okta(client_url, str(token), cancelled)


PACKAGE = Package(
    name="okta",
    version="7.0.1",
    resources=RESOURCES,
    invokes=INVOKES,
    config=_CONFIG,
    connect=connect,
)

if __name__ == "__main__":
    serve(PACKAGE)
