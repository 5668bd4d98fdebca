from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = guards(
        "audit", "history", "approval_guards", "people_kept", "api_key_guards", "webhook_guards"
    )
