"""The gateway's own words: it is another company, so they are not in the platform's `locale`."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "zh": {
        "title": "沙箱收银台",
        "sandbox": "模拟支付，不会产生真实扣款",
        "subject": "商品",
        "number": "商户单号",
        "amount": "应付金额",
        "payer": "付款账号",
        "approve": "确认付款",
        "decline": "取消付款",
        "twice": "重复付款（两笔交易）",
        "late": "付款，{seconds} 秒后通知",
        "thrice": "付款，同一通知发三次",
        "faults": "模拟异常",
        "paid": "该订单已付款。",
        "expired": "该订单已超过支付时间，请返回商户重新发起。",
        "forged": "支付请求验签失败，请返回商户重新发起。",
        "back": "返回商户",
        "other": "English",
    },
    "en": {
        "title": "Sandbox checkout",
        "sandbox": "Simulated payment: no real money moves",
        "subject": "Item",
        "number": "Merchant's number",
        "amount": "Amount due",
        "payer": "Paying account",
        "approve": "Pay",
        "decline": "Cancel",
        "twice": "Pay twice (two trades)",
        "late": "Pay, notify {seconds} s late",
        "thrice": "Pay, send the notice three times",
        "faults": "Simulate a fault",
        "paid": "This bill has been paid.",
        "expired": "The time to pay this bill is over. Go back to the merchant and start again.",
        "forged": "The request is not signed by the merchant. Go back and start again.",
        "back": "Back to the merchant",
        "other": "中文",
    },
}
