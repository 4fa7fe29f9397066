// A small service on gin: binding.Default links MessagePack unless the tag nomsgpack says otherwise.
package main

import "github.com/gin-gonic/gin"

type order struct {
	ID    string `json:"id" binding:"required"`
	Count int    `json:"count" binding:"min=1"`
}

func main() {
	r := gin.New()
	r.GET("/healthz", func(c *gin.Context) { c.JSON(200, gin.H{"ok": true}) })
	r.POST("/orders", func(c *gin.Context) {
		var o order
		if err := c.ShouldBind(&o); err != nil {
			c.JSON(400, gin.H{"error": err.Error()})
			return
		}
		c.JSON(201, o)
	})
	if err := r.Run("127.0.0.1:8080"); err != nil {
		panic(err)
	}
}
