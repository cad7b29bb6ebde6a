"""A cloud of one program, started by the tests of the supervisor as a process of its own."""

import sys

from umcloud.infra.settings import settings
from umcloud.main.supervisor import Program, Supervisor


def main() -> int:
    one = Program("web", "tests.main.listener", lambda chosen: chosen.port)
    return Supervisor(settings(), programs=[one]).run(lambda _: ["sign in as nobody"])


if __name__ == "__main__":
    sys.exit(main())
