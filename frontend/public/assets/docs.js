// The page of the API's own documentation; a file of its own, as inline scripts are forbidden.
globalThis.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, layout: "BaseLayout" });
