"""Use cases of accounts, a file a group of deeds; callers say `service.register(...)`."""

from umcloud.domains.accounts.service.codes import request_code, spend_code
from umcloud.domains.accounts.service.invitations import (
    accept_invitation,
    invite_member,
    resend_invitation,
    withdraw_invitation,
)
from umcloud.domains.accounts.service.keys import create_key, key_used, resume_key, revoke_key
from umcloud.domains.accounts.service.members import change_role, remove_member
from umcloud.domains.accounts.service.registration import open_account, register
from umcloud.domains.accounts.service.sessions import (
    authenticate_session,
    end_other_sessions,
    end_session,
    reset_password,
    sign_in,
    sign_in_with_code,
    sign_out,
)
from umcloud.domains.accounts.service.staff import (
    change_own_password,
    create_staff,
    staff_sign_in,
)
from umcloud.domains.accounts.service.staffing import (
    change_staff_roles,
    invite_staff,
    join_staff,
    reset_staff_sign_in,
    resume_staff,
    suspend_staff,
)
from umcloud.domains.accounts.service.standing import close, freeze, report_theft, thaw

__all__ = [
    "accept_invitation",
    "authenticate_session",
    "change_own_password",
    "change_role",
    "change_staff_roles",
    "close",
    "create_key",
    "create_staff",
    "end_other_sessions",
    "end_session",
    "freeze",
    "invite_member",
    "invite_staff",
    "join_staff",
    "key_used",
    "open_account",
    "register",
    "remove_member",
    "report_theft",
    "request_code",
    "resend_invitation",
    "reset_password",
    "reset_staff_sign_in",
    "resume_key",
    "resume_staff",
    "revoke_key",
    "sign_in",
    "sign_in_with_code",
    "sign_out",
    "spend_code",
    "staff_sign_in",
    "suspend_staff",
    "thaw",
    "withdraw_invitation",
]
