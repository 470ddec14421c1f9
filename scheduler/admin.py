"""Time off in Django's admin: with the team member it belongs to, beside their hours."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from business.admin import TeamMemberAdmin
from business.forms import ends_after_it_starts
from business.models import TeamMember
from scheduler.models import TimeOff


class TimeOffForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    def clean(self) -> None:
        ends_after_it_starts(self)


class TimeOffInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = TimeOff
    form = TimeOffForm
    extra = 0
    ordering = ("-starts",)
    verbose_name_plural = "time off, in the time zone of the business"


admin.site.unregister(TeamMember)


@admin.register(TeamMember)
class TeamAdmin(TeamMemberAdmin):
    """Time off comes with the second look: its moments are of the business's zone, and the first one chooses the business."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [*super().get_inlines(request, obj), *([TimeOffInline] if obj else [])]
