// Paths are relative, so that the page works behind a path prefix too.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true });
