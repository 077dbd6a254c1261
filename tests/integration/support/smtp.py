"""A mail server for tests, by aiosmtpd: prints its port, then each mail as a line of JSON.

smtp.py [--tls CERT KEY] [--starttls CERT KEY] [--login USER PASSWORD] [--refuse ADDRESS]
"""
import argparse
import asyncio
import json
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

options = argparse.ArgumentParser()
options.add_argument('--tls', nargs=2)
options.add_argument('--starttls', nargs=2)
options.add_argument('--login', nargs=2)
options.add_argument('--refuse')
args = options.parse_args()


def context(files):
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(*files)
    return made


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == args.refuse:
            return '550 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            'from': envelope.mail_from,
            'to': envelope.rcpt_tos,
            'tls': session.ssl is not None or server.transport.get_extra_info('ssl_object') is not None,
            'user': session.auth_data.login.decode() if session.authenticated else None,
            'mail': envelope.content.decode('ascii'),
        }), flush=True)
        return '250 2.0.0 queued as 4711'


def authenticate(server, session, envelope, mechanism, data):
    is_right = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()] == args.login
    return AuthResult(success=is_right, auth_data=data, handled=False, message=None if is_right else '535 5.7.8 wrong')


class FreePort(Controller):
    def _trigger_server(self):
        # The base class connects to self.port, which is 0 until the server listens.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


more = {}
if args.starttls:
    more.update(tls_context=context(args.starttls), require_starttls=True)
if args.login:
    more.update(authenticator=authenticate, auth_required=True, auth_require_tls=bool(args.starttls))
server = FreePort(Handler(), hostname='127.0.0.1', port=0,
                  ssl_context=context(args.tls) if args.tls else None, **more)
server.start()
print(server.port, flush=True)
asyncio.new_event_loop().run_forever()
