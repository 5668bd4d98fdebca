import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
import foundation.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Jurisdiction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('level', models.CharField(choices=[('COUNTRY', 'Country'), ('STATE', 'State'), ('COUNTY', 'County'), ('CITY', 'City'), ('DISTRICT', 'District')], max_length=8)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='tax.jurisdiction')),
                ('date_basis', models.CharField(choices=[('INVOICE_DATE', 'Invoice date'), ('PERIOD_START', 'First day of the period'), ('PERIOD_END', 'Last day of the period'), ('SPLIT_BY_DAYS', 'Split by days')], default='INVOICE_DATE', max_length=16)),
                ('combine_local', models.BooleanField(default=False, help_text='The rates of this place and those inside it are summed before rounding.', verbose_name='round state and local rates together')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('level__in', ['COUNTRY', 'STATE', 'COUNTY', 'CITY', 'DISTRICT'])), name='tax_jurisdiction_level_is_known'), models.CheckConstraint(condition=models.Q(('date_basis__in', ['INVOICE_DATE', 'PERIOD_START', 'PERIOD_END', 'SPLIT_BY_DAYS'])), name='tax_jurisdiction_date_basis_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('level', 'COUNTRY'), ('parent__isnull', True)), models.Q(models.Q(('level', 'COUNTRY'), _negated=True), ('parent__isnull', False)), _connector='OR'), name='tax_jurisdiction_countries_are_the_roots')],
            },
        ),
        migrations.CreateModel(
            name='TaxCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('nature', models.CharField(choices=[('GOOD', 'Good'), ('SERVICE', 'Service'), ('TELECOM', 'Telecommunication'), ('ELECTRONIC', 'Electronic service'), ('FEE', 'Fee'), ('DEPOSIT', 'Deposit'), ('OUT_OF_SCOPE', 'Out of scope')], max_length=16)),
                ('sourcing', models.CharField(choices=[('SERVICE_ADDRESS', 'Service address'), ('BILL_TO', 'Billing address'), ('SHIP_TO', 'Delivery address'), ('ORIGIN', "Seller's place"), ('CALL_POINTS', 'Two of three call points'), ('CUSTOMER_ESTABLISHMENT', "Customer's establishment"), ('CONSUMER_LOCATION', "Consumer's place")], default='SERVICE_ADDRESS', max_length=24)),
            ],
            options={
                'verbose_name_plural': 'tax categories',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__in', ['', '*']), _negated=True), name='tax_taxcategory_code_is_a_word'), models.CheckConstraint(condition=models.Q(('nature__in', ['GOOD', 'SERVICE', 'TELECOM', 'ELECTRONIC', 'FEE', 'DEPOSIT', 'OUT_OF_SCOPE'])), name='tax_taxcategory_nature_is_known'), models.CheckConstraint(condition=models.Q(('sourcing__in', ['SERVICE_ADDRESS', 'BILL_TO', 'SHIP_TO', 'ORIGIN', 'CALL_POINTS', 'CUSTOMER_ESTABLISHMENT', 'CONSUMER_LOCATION'])), name='tax_taxcategory_sourcing_is_known')],
            },
        ),
        migrations.CreateModel(
            name='TaxType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('code', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('sequence', models.PositiveSmallIntegerField(default=1)),
                ('pass_through', models.BooleanField(default=False, help_text='A surcharge collected for others (GL 2210) rather than revenue.')),
                ('gl_number', models.CharField(default='2200', max_length=16, verbose_name='account')),
                ('compounds_on', models.ManyToManyField(blank=True, help_text='Earlier taxes whose amounts join the base of this one.', related_name='+', to='tax.taxtype')),
            ],
            options={
                'ordering': ['sequence', 'code'],
            },
        ),
        migrations.CreateModel(
            name='TaxRegistration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('entity_id', models.BigIntegerField(verbose_name='legal entity')),
                ('jurisdiction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tax.jurisdiction')),
                ('number', models.CharField(max_length=40)),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                'ordering': ['id'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('entity_id', '='), ('jurisdiction', '='), ('valid', '&&')], name='tax_taxregistration_one_at_a_time'), models.CheckConstraint(condition=models.Q(('valid__isempty', False), ('valid__startswith__isnull', False)), name='tax_taxregistration_valid_begins')],
            },
        ),
        migrations.CreateModel(
            name='TaxRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('jurisdiction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='tax.jurisdiction')),
                ('tax_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='tax.taxtype')),
                ('category', models.CharField(default='*', help_text='The code of a tax category, or * for all.', max_length=32)),
                ('customer_kind', models.CharField(choices=[('*', 'Anybody'), ('CONSUMER', 'Consumer'), ('BUSINESS', 'Business'), ('GOVERNMENT', 'Public body'), ('RESELLER', 'Reseller')], default='*', max_length=10)),
                ('treatment', models.CharField(choices=[('TAXABLE', 'Taxable'), ('EXEMPT', 'Exempt'), ('ZERO', 'Zero rated'), ('REVERSE_CHARGE', 'Reverse charge'), ('OUT_OF_SCOPE', 'Out of scope')], max_length=14)),
                ('rate_code', models.CharField(blank=True, max_length=16)),
                ('taxable_share', foundation.fields.RateField(default=1, help_text='The fraction of the line that is taxed.')),
                ('reason', models.CharField(blank=True, help_text='Printed where nothing is charged.', max_length=200)),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                'ordering': ['category', 'customer_kind', 'id'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('jurisdiction', '='), ('tax_type', '='), ('category', '='), ('customer_kind', '='), ('valid', '&&')], name='tax_taxrule_one_at_a_time'), models.CheckConstraint(condition=models.Q(('customer_kind__in', ['*', 'CONSUMER', 'BUSINESS', 'GOVERNMENT', 'RESELLER'])), name='tax_taxrule_kind_is_known'), models.CheckConstraint(condition=models.Q(('treatment__in', ['TAXABLE', 'EXEMPT', 'ZERO', 'REVERSE_CHARGE', 'OUT_OF_SCOPE'])), name='tax_taxrule_treatment_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('treatment', 'TAXABLE'), models.Q(('rate_code', ''), _negated=True)), models.Q(models.Q(('treatment', 'TAXABLE'), _negated=True), ('rate_code', '')), _connector='OR'), name='tax_taxrule_taxable_names_a_rate'), models.CheckConstraint(condition=models.Q(('treatment__in', ['TAXABLE', 'ZERO']), models.Q(('reason', ''), _negated=True), _connector='OR'), name='tax_taxrule_untaxed_gives_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('treatment', 'REVERSE_CHARGE'), _negated=True), ('customer_kind__in', ['BUSINESS', 'GOVERNMENT', 'RESELLER']), _connector='OR'), name='tax_taxrule_reverse_charge_is_for_business'), models.CheckConstraint(condition=models.Q(('taxable_share__gt', 0), ('taxable_share__lte', 1)), name='tax_taxrule_share_is_a_fraction'), models.CheckConstraint(condition=models.Q(('valid__isempty', False), ('valid__startswith__isnull', False)), name='tax_taxrule_valid_begins')],
            },
        ),
        migrations.CreateModel(
            name='TaxRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('jurisdiction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='tax.jurisdiction')),
                ('tax_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='tax.taxtype')),
                ('code', models.CharField(default='STANDARD', max_length=16)),
                ('kind', models.CharField(choices=[('PERCENT', 'Percent of the base'), ('PER_UNIT', 'Amount per unit'), ('FLAT_LINE', 'Amount per line')], default='PERCENT', max_length=9)),
                ('rate', foundation.fields.UnitPriceField(help_text='A fraction (0.19), or an amount per unit or per line.')),
                ('cap', foundation.fields.UnitPriceField(blank=True, help_text='The most this tax may come to, per line or document.', null=True)),
                ('cap_scope', models.CharField(choices=[('LINE', 'Line'), ('DOCUMENT', 'Document')], default='LINE', max_length=8)),
                ('currency', models.CharField(blank=True, help_text='Of an amount or a cap; a percentage without cap has none.', max_length=3, validators=[foundation.fields.validate_currency])),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                'ordering': ['code', 'id'],
                'permissions': [('change_tax_tables', 'Can add and end places, taxes, rates and rules'), ('export_lists', 'Can export lists to files')],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('jurisdiction', '='), ('tax_type', '='), ('code', '='), ('valid', '&&')], name='tax_taxrate_one_at_a_time'), models.CheckConstraint(condition=models.Q(('kind__in', ['PERCENT', 'PER_UNIT', 'FLAT_LINE'])), name='tax_taxrate_kind_is_known'), models.CheckConstraint(condition=models.Q(('cap_scope__in', ['LINE', 'DOCUMENT'])), name='tax_taxrate_cap_scope_is_known'), models.CheckConstraint(condition=models.Q(('rate__gte', 0), ('rate__lt', 1000000), models.Q(models.Q(('kind', 'PERCENT'), _negated=True), ('rate__lte', 1), _connector='OR')), name='tax_taxrate_rate_is_in_range'), models.CheckConstraint(condition=models.Q(('cap__isnull', True), models.Q(('cap__gt', 0), ('cap__lt', 1000000000)), _connector='OR'), name='tax_taxrate_cap_is_positive'), models.CheckConstraint(condition=models.Q(models.Q(('cap__isnull', True), ('currency', ''), ('kind', 'PERCENT')), models.Q(models.Q(models.Q(('kind', 'PERCENT'), _negated=True), ('cap__isnull', False), _connector='OR'), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='tax_taxrate_amounts_have_a_currency'), models.CheckConstraint(condition=models.Q(('valid__isempty', False), ('valid__startswith__isnull', False)), name='tax_taxrate_valid_begins')],
            },
        ),
    ]
