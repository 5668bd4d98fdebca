from django.db import migrations

TENDERS = (
    ("CASH", "Cash", "1013"),
    ("CHEQUE", "Cheque", "1012"),
    ("WIRE", "Bank transfer", "1012"),
    ("OTHER", "Other tender", "1013"),
)


def add_tenders(apps, schema_editor):
    tender_type = apps.get_model("payments", "TenderType")
    for code, name, clearing_account in TENDERS:
        tender_type.objects.create(code=code, name=name, clearing_account=clearing_account)


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_guards")]
    operations = [migrations.RunPython(add_tenders, migrations.RunPython.noop)]
