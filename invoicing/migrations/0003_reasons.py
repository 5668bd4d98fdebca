from django.db import migrations

REASONS = {
    "CREDIT_MEMO": (
        ("BILLING_ERROR", "Billed wrongly"),
        ("CANCELLED", "Cancelled"),
        ("GOODWILL", "Goodwill"),
        ("SERVICE_FAULT", "Service was not as agreed"),
    ),
    "DEBIT_MEMO": (
        ("BILLED_TOO_LITTLE", "Billed too little"),
        ("DAMAGE", "Damage or loss"),
        ("FEE", "A fee"),
    ),
}


def add_reasons(apps, schema_editor):
    """Give memos the reasons that most houses need; they are rows, so others can be added."""
    reason_code = apps.get_model("audit", "ReasonCode")
    for domain, rows in REASONS.items():
        for code, text in rows:
            reason_code.objects.create(domain=domain, code=code, text=text)


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0002_guards"), ("audit", "0002_guards")]
    operations = [migrations.RunPython(add_reasons, migrations.RunPython.noop)]
