"""The application that gunicorn serves."""

from campaign_app.app import create_app, refuse_unready

app = create_app()
refuse_unready(app)
