"""Users in the admin: Django's own pages for them, with an e-mail address instead of a username."""

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import BaseUserCreationForm

from accounts.models import User


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    add_form = BaseUserCreationForm
    add_fieldsets = [(None, {"fields": ["email", "password1", "password2"]})]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (
            "Permissions",
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    list_display = ["email", "is_active", "awaits_activation", "is_staff", "last_login"]
    search_fields = ["email"]
    ordering = ["email"]
