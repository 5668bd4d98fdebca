from django.db import migrations

from foundation.sql import guards


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("foundation", "0001_functions"),
    ]
    operations = guards("billing_site", "forbidden_pairs")
