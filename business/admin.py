"""Catalogue, team, hours and people of a business in Django's admin: for the superuser who sets businesses up, nobody else."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone

from business.colour import readable_accent
from business.forms import BusinessForm, HoursForm, MembershipForm, OfOneBusinessForm, ServiceForm
from business.models import Business, Category, Membership, Service, TeamMember, Variant, WorkingHours


def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """One door with one limit: the staff's own sign-in page. Whoever is in already and may not be here is told so."""
    if request.user.is_authenticated:
        raise PermissionDenied("Only the person who runs this installation can open the admin.")
    return HttpResponseRedirect(f"{resolve_url('business:login')}?{urlencode({'next': request.GET.get('next', '/admin/')})}")


admin.site.site_header = admin.site.site_title = "Comeback"
admin.site.index_title = "Businesses, catalogue and team"
admin.site.login = _sign_in  # type: ignore[method-assign]
admin.site.logout = login_required(admin.site.logout)  # type: ignore[method-assign]


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Membership
    form = MembershipForm
    extra = 0
    autocomplete_fields = ("user",)


class VariantInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Variant
    extra = 0


class HoursInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = WorkingHours
    form = HoursForm
    extra = 0


@admin.register(Business)
class BusinessAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    form = BusinessForm
    list_display = ("name", "slug", "timezone", "currency", "online_booking")
    inlines = (MembershipInline,)

    def save_model(self, request: HttpRequest, obj: Business, form: Any, change: bool) -> None:
        """Keeps the accent readable: darkens it as far as needed, and says so."""
        chosen, obj.accent = obj.accent, readable_accent(obj.accent)
        if obj.accent != chosen.lower():
            messages.warning(request, f"Text could not be read on {chosen}, so the accent was darkened to {obj.accent}.")
        super().save_model(request, obj, form, change)


class OfOneBusinessAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What belongs to one business: chosen once, because what refers to it belongs there, too; and its moments are read and written in
    the zone of the business, like everywhere else (D16).
    """

    form = OfOneBusinessForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("business",) if obj else ()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        with timezone.override(row.business.zone if row else timezone.get_default_timezone()):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            return response.render() if isinstance(response, TemplateResponse) else response


@admin.register(Category)
class CategoryAdmin(OfOneBusinessAdmin):
    list_display = ("name", "business", "position")
    list_filter = ("business",)


@admin.register(Service)
class ServiceAdmin(OfOneBusinessAdmin):
    form = ServiceForm
    list_display = ("name", "business", "category", "duration_min", "price_minor", "archived_at")
    list_filter = ("business",)
    list_select_related = ("business", "category")
    search_fields = ("name",)
    inlines = (VariantInline,)


@admin.register(TeamMember)
class TeamMemberAdmin(OfOneBusinessAdmin):
    """With time off beside the hours: `scheduler.admin` adds what belongs to the appointment book."""

    list_display = ("__str__", "business", "title", "bookable", "archived_at")
    list_filter = ("business",)
    list_select_related = ("business",)
    filter_horizontal = ("services",)
    inlines = (HoursInline,)
