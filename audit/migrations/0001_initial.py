import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
import foundation.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_change_id', models.BigIntegerField()),
                ('last_change_id', models.BigIntegerField(unique=True)),
                ('row_count', models.BigIntegerField()),
                ('previous_digest', models.CharField(max_length=64, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table_name', models.CharField(max_length=63)),
                ('row_id', models.CharField(max_length=64)),
                ('operation', models.CharField(choices=[('INSERT', 'Created'), ('UPDATE', 'Changed'), ('DELETE', 'Deleted')], max_length=6)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('via', models.CharField(blank=True, default='', max_length=100)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
                ('request_id', models.CharField(blank=True, default='', max_length=64)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('xact', models.BigIntegerField(db_default=models.Func(output_field=models.BigIntegerField(), template='(pg_current_xact_id()::text)::bigint'), help_text='The transaction that made the change.')),
            ],
            options={
                'indexes': [models.Index(fields=['table_name', 'row_id', 'id'], name='audit_change_row'), models.Index(fields=['xact'], name='audit_change_xact')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.CharField(max_length=80)),
                ('key', models.CharField(max_length=128)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('response', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='audit_idempotencykey_expiry')],
                'constraints': [models.UniqueConstraint(fields=('client', 'key'), name='audit_idempotencykey_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('filename', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('state', models.CharField(choices=[('OPEN', 'Being read'), ('DONE', 'Done'), ('WITH_ERRORS', 'Done, some rows rejected'), ('REFUSED', 'Refused as a whole')], default='OPEN', max_length=11)),
                ('counts', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('message', models.CharField(blank=True, default='', max_length=500)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'import batches',
                'permissions': [('export_lists', 'Can export lists to files')],
                'indexes': [models.Index(fields=['state', 'opened_at'], name='audit_importbatch_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'REFUSED'), _negated=True), fields=('kind', 'sha256'), name='audit_importbatch_read_once')],
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('params', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('params_hash', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('RUNNING', 'Running'), ('DONE', 'Done'), ('FAILED', 'Failed, to be tried again'), ('PARKED', 'Parked after too many tries')], default='RUNNING', max_length=7)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('result', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                ('error', models.TextField(blank=True, default='')),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('tried_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'permissions': [('release_job', 'Can release parked jobs')],
                'indexes': [models.Index(fields=['name', 'started_at'], name='audit_jobrun_name')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'DONE'), _negated=True), fields=('name', 'params_hash'), name='audit_jobrun_one_unfinished')],
            },
        ),
        migrations.CreateModel(
            name='ReasonCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('domain', models.CharField(max_length=32)),
                ('code', models.CharField(max_length=32)),
                ('text', models.CharField(max_length=200)),
                ('gl_code', models.CharField(blank=True, default='', max_length=32)),
                ('tax_treatment', models.CharField(blank=True, default='', max_length=32)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('domain', 'code'), name='audit_reasoncode_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list, size=None)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'API key',
                'constraints': [models.CheckConstraint(condition=models.Q(('secret_hash__regex', '^[0-9a-f]{64}$')), name='audit_apikey_is_hashed')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('action', models.CharField(max_length=80)),
                ('currency', foundation.fields.CurrencyField(blank=True, default='')),
                ('role', models.CharField(blank=True, default='', help_text='Empty: anybody.', max_length=150)),
                ('free_up_to', foundation.fields.PlainAmountField(blank=True, null=True)),
                ('free_share', models.DecimalField(blank=True, decimal_places=4, help_text='At most this part of the document: 0.1 is a tenth.', max_digits=5, null=True)),
                ('permissions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name_plural': 'approval policies',
                'constraints': [models.UniqueConstraint(fields=('action', 'currency', 'role'), name='audit_approvalpolicy_is_unique'), models.CheckConstraint(condition=models.Q(('free_up_to__isnull', True), models.Q(('free_up_to__gte', 0), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='audit_approvalpolicy_limit_has_currency'), models.CheckConstraint(condition=models.Q(('free_share__isnull', True), models.Q(('free_share__gte', 0), ('free_share__lte', 1)), _connector='OR'), name='audit_approvalpolicy_share_is_a_part'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('free_up_to'), models.F('currency')), name='audit_approvalpolicy_free_up_to_is_money')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=80)),
                ('subject_type', models.CharField(max_length=80)),
                ('subject_id', models.BigIntegerField()),
                ('payload', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('payload_hash', models.CharField(max_length=64)),
                ('currency', foundation.fields.CurrencyField(blank=True, default='')),
                ('amount', foundation.fields.AmountField(null=True)),
                ('state', models.CharField(choices=[('PENDING', 'Waiting for a second person'), ('APPROVED', 'Approved, not used yet'), ('REJECTED', 'Rejected'), ('USED', 'Used'), ('EXPIRED', 'Expired'), ('WITHDRAWN', 'Withdrawn')], default='PENDING', max_length=9)),
                ('alone', models.BooleanField(default=False)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
                ('comment', models.CharField(blank=True, default='', max_length=500)),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approver', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'permissions': [('approve_request', 'Can approve what somebody else has asked for')],
                'indexes': [models.Index(fields=['state', 'requested_at'], name='audit_approvalrequest_inbox')],
                'constraints': [models.CheckConstraint(condition=models.Q(('requester', models.F('approver')), _negated=True), name='audit_approvalrequest_needs_two'), models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'EXPIRED', 'WITHDRAWN']), ('approver__isnull', False), ('alone', True), _connector='OR'), name='audit_approvalrequest_decided_by_somebody'), models.CheckConstraint(condition=models.Q(('alone', False), ('approver__isnull', True), _connector='OR'), name='audit_approvalrequest_alone_is_by_nobody_else'), models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'APPROVED', 'REJECTED', 'USED', 'EXPIRED', 'WITHDRAWN'])), name='audit_approvalrequest_state'), models.UniqueConstraint(condition=models.Q(('state__in', ['PENDING', 'APPROVED'])), fields=('action', 'subject_type', 'subject_id', 'payload_hash'), name='audit_approvalrequest_asked_once'), models.CheckConstraint(condition=foundation.fields.IsMoney(models.F('amount'), models.F('currency')), name='audit_approvalrequest_amount_is_money')],
            },
        ),
        migrations.CreateModel(
            name='BusinessEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('topic', models.CharField(max_length=80)),
                ('subject_type', models.CharField(max_length=80)),
                ('subject_id', models.BigIntegerField()),
                ('payload', models.JSONField(default=dict)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('occurred_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_at', models.DateTimeField(db_default=models.Func(function='clock_timestamp', output_field=models.DateTimeField()))),
                ('delivered_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['subject_type', 'subject_id', 'id'], name='audit_businessevent_subject'), models.Index(fields=['topic', 'id'], name='audit_businessevent_topic'), models.Index(condition=models.Q(('delivered_at__isnull', True)), fields=['id'], name='audit_event_undelivered')],
            },
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(db_default=1, default=1, editable=False)),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('url', models.CharField(max_length=500)),
                ('topics', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entity', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('ACTIVE', 'Active'), ('PAUSED', 'Paused: events are kept for it'), ('CLOSED', 'Closed')], default='ACTIVE', max_length=6)),
                ('secret_number', models.PositiveSmallIntegerField(default=1)),
                ('secret_changed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'CLOSED'), _negated=True), fields=('name',), name='audit_webhookendpoint_named_once'), models.CheckConstraint(condition=models.Q(('state__in', ['ACTIVE', 'PAUSED', 'CLOSED'])), name='audit_webhookendpoint_state'), models.CheckConstraint(condition=models.Q(('url__regex', '^https?://[^/@?#[:space:]]+(/|$)')), name='audit_webhookendpoint_is_address'), models.CheckConstraint(condition=models.Q(('topics__len__gt', 0)), name='audit_webhookendpoint_has_topics')],
            },
        ),
        migrations.CreateModel(
            name='ImportRowError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='errors', to='audit.importbatch')),
                ('row', models.PositiveIntegerField()),
                ('column', models.CharField(blank=True, default='', max_length=80)),
                ('value', models.CharField(blank=True, default='', max_length=200)),
                ('rule', models.CharField(max_length=40)),
                ('message', models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='audit.webhookendpoint')),
                ('event', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.businessevent')),
                ('subject_type', models.CharField(max_length=80)),
                ('subject_id', models.BigIntegerField()),
                ('state', models.CharField(choices=[('WAITING', 'Waiting to be sent'), ('DELIVERED', 'Delivered'), ('PARKED', 'Parked after too many tries'), ('SKIPPED', 'Left out')], default='WAITING', max_length=9)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_tried_at', models.DateTimeField(null=True)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_error', models.CharField(blank=True, default='', max_length=300)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
                'indexes': [models.Index(condition=models.Q(('state', 'WAITING')), fields=['endpoint', 'next_try_at'], name='audit_webhookdelivery_due'), models.Index(condition=models.Q(('state__in', ['WAITING', 'PARKED'])), fields=['endpoint', 'subject_type', 'subject_id', 'event'], name='audit_webhookdelivery_open')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'event'), name='audit_webhookdelivery_is_unique'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['DELIVERED', 'SKIPPED'])), models.Q(('ended_at__isnull', True), ('state__in', ['WAITING', 'PARKED'])), _connector='OR'), name='audit_webhookdelivery_ends_once'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['PARKED', 'SKIPPED']), _negated=True), models.Q(('last_error', ''), _negated=True), _connector='OR'), name='audit_webhookdelivery_says_why')],
            },
        ),
    ]
