import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_initial"), ("business", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="signincounter", name="one_counter_per_window"),
        migrations.RenameField(model_name="signincounter", old_name="window_start", new_name="at"),
        migrations.AddConstraint(
            model_name="signincounter",
            constraint=models.UniqueConstraint(fields=("name", "subject_digest", "at"), name="one_counter_per_moment"),
        ),
        migrations.AddIndex(model_name="signincounter", index=models.Index(fields=["at"], name="sign_in_counter_by_age")),
        migrations.AddField(
            model_name="signincode",
            name="device_digest",
            field=models.CharField(blank=True, default="", help_text="Set when this device signed in with this phone before.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(model_name="signincode", name="wants_sms", field=models.BooleanField(default=True)),
        migrations.AddField(model_name="signincode", name="wants_email", field=models.BooleanField(default=True)),
        migrations.AddField(
            model_name="signincode",
            name="phone_known_to_visitor",
            field=models.BooleanField(default=True, help_text="False when a link asked for the code: the page must not show it."),
        ),
        migrations.AddIndex(model_name="signincode", index=models.Index(fields=["business", "-created_at"], name="code_by_age")),
        migrations.CreateModel(
            name="KnownDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=16)),
                ("digest", models.CharField(help_text="Digest of the token in the device's cookie.", max_length=64)),
                ("created_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="business.business"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("business", "phone", "digest"), name="one_device_per_phone")],
            },
        ),
    ]
